// imu_lsm9ds1.cpp: ST LSM9DS1 (Nano 33 BLE Sense, revision 1) through Arduino_LSM9DS1: 119 Hz, 4 g, 2000 degrees per
// second, with its FIFO of 32 samples.
#if defined(ARDUINO) && defined(BOARD_IMU_LSM9DS1)

#include <Arduino_LSM9DS1.h>

#include "library_imu.h"

static int32_t imu_begin_with_fifo(uint32_t rate_mhz) {
    const int32_t rate = imu_begin(rate_mhz);
    if (rate > 0) IMU.setContinuousMode();
    return rate;
}

extern const imu_driver imu_sensor = {imu_begin_with_fifo, imu_next, 32};

#endif
