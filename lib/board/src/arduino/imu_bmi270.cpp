// imu_bmi270.cpp: Bosch BMI270 (Nano 33 BLE Sense, revision 2) through Arduino_BMI270_BMM150: 99.84 Hz, 4 g, 2000
// degrees per second, the latest sample only. The library turns its axes to those of revision 1.
#if defined(ARDUINO) && defined(BOARD_IMU_BMI270)

#include <Arduino_BMI270_BMM150.h>

#include "library_imu.h"

extern const imu_driver imu_sensor = {imu_begin, imu_next, 1};

#endif
