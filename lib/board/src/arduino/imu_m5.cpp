// imu_m5.cpp: the motion sensor of an M5Stack through M5Unified, at the rate that it sets: MPU6886 (Core2) 166.7 Hz,
// BMI270 (CoreS3) 100 Hz; 8 g and 2000 degrees per second on both, the latest sample only.
#if defined(ARDUINO) && defined(BOARD_IMU_M5)

#include "board/board.h"
#include "drivers.h"
#include "m5.h"

static int32_t imu_begin(uint32_t) {
    m5_begin();
    switch (M5.Imu.getType()) {
    case m5::imu_mpu6886:
        M5.Imu.clearOffsetData(); // which a calibration of the user's may have kept
        return 1000000 / 6;       // SMPLRT_DIV is 5
    case m5::imu_bmi270:
        M5.Imu.clearOffsetData();
        return 100000; // ACC_CONF after a reset
    default:
        return BOARD_ERR_SENSOR;
    }
}

static bool imu_next(float accel_g[3], float gyro_dps[3]) {
    if (!(M5.Imu.update() & m5::IMU_Class::sensor_mask_accel)) return false;
    const m5::imu_data_t found = M5.Imu.getImuData();
    for (int i = 0; i < 3; i++) {
        accel_g[i] = found.accel.value[i];
        gyro_dps[i] = found.gyro.value[i];
    }
    return true;
}

extern const imu_driver imu_sensor = {imu_begin, imu_next, 1};

#endif
