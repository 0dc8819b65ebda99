// library_imu.h: the interface that Arduino's own IMU libraries share, as a driver. Include the library first.
#ifndef BOARD_LIBRARY_IMU_H
#define BOARD_LIBRARY_IMU_H

#include "board/board.h"
#include "drivers.h"

static int32_t imu_begin(uint32_t) { // the libraries know one rate only
    return IMU.begin() ? (int32_t)(IMU.accelerationSampleRate() * 1000.0f) : (int32_t)BOARD_ERR_SENSOR;
}

static bool imu_next(float accel_g[3], float gyro_dps[3]) {
    if (!IMU.accelerationAvailable()) return false;
    return IMU.readGyroscope(gyro_dps[0], gyro_dps[1], gyro_dps[2]) == 1 &&
           IMU.readAcceleration(accel_g[0], accel_g[1], accel_g[2]) == 1;
}

#endif
