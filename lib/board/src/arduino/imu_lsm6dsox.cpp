// imu_lsm6dsox.cpp: ST LSM6DSOX (Nano RP2040 Connect) through Arduino_LSM6DSOX: 104 Hz, 4 g, 2000 degrees per second.
#if defined(ARDUINO) && defined(BOARD_IMU_LSM6DSOX)

#include <Arduino_LSM6DSOX.h>

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
