// imu_lsm9ds1.cpp: ST LSM9DS1 (Nano 33 BLE Sense, revision 1) through Arduino_LSM9DS1: 119 Hz, 4 g, 2000 degrees per
// second, with its FIFO of 32 samples.
#if defined(ARDUINO) && defined(BOARD_IMU_LSM9DS1)

#include <Arduino_LSM9DS1.h>

#include "board/board.h"
#include "drivers.h"

static int32_t imu_begin(uint32_t) {
    if (!IMU.begin()) return BOARD_ERR_SENSOR;
    IMU.setContinuousMode();
    return (int32_t)(IMU.accelerationSampleRate() * 1000.0f);
}

static bool imu_next(float accel_g[3], float gyro_dps[3]) {
    if (!IMU.accelerationAvailable()) return false;
    return IMU.readGyroscope(gyro_dps[0], gyro_dps[1], gyro_dps[2]) == 1 &&
           IMU.readAcceleration(accel_g[0], accel_g[1], accel_g[2]) == 1;
}

const imu_driver imu_sensor = {imu_begin, imu_next, 32};

#endif
