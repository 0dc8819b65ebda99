// imu_lsm6dsox.cpp: ST LSM6DSOX (Nano RP2040 Connect) through Arduino_LSM6DSOX: 104 Hz, 4 g, 2000 degrees per second,
// the latest sample only.
#if defined(ARDUINO) && defined(BOARD_IMU_LSM6DSOX)

#include <Arduino_LSM6DSOX.h>

#include "library_imu.h"

extern const imu_driver imu_sensor = {imu_begin, imu_next, 1};

#endif
