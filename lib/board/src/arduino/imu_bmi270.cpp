// imu_bmi270.cpp: Bosch BMI270 (Nano 33 BLE Sense, revision 2) through Arduino_BMI270_BMM150: 99.84 Hz, 4 g, 2000
// degrees per second. The library turns its axes to those of revision 1.
#if defined(ARDUINO) && defined(BOARD_IMU_BMI270)

#include <Arduino_BMI270_BMM150.h>

#include "board/board.h"
#include "drivers.h"

static int32_t imu_begin(uint32_t) {
    if (!IMU.begin()) return BOARD_ERR_SENSOR;
    return (int32_t)(IMU.accelerationSampleRate() * 1000.0f);
}

static bool imu_next(float accel_g[3], float gyro_dps[3]) {
    if (!IMU.accelerationAvailable()) return false;
    return IMU.readAcceleration(accel_g[0], accel_g[1], accel_g[2]) == 1 &&
           IMU.readGyroscope(gyro_dps[0], gyro_dps[1], gyro_dps[2]) == 1;
}

const imu_driver imu_sensor = {imu_begin, imu_next, 1}; // without the FIFO: the latest sample only

#endif
