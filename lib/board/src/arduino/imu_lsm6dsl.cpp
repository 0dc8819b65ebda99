// imu_lsm6dsl.cpp: ST LSM6DSL (B-L475E-IOT01A, on its inner I2C bus) through STM32duino LSM6DSL: 16 g, 2000 degrees per
// second, 26 to 416 Hz.
#if defined(ARDUINO) && defined(BOARD_IMU_LSM6DSL)

#include <LSM6DSLSensor.h>
#include <Wire.h>
#include <math.h>

#include "board/board.h"
#include "drivers.h"

#define STATUS_REG 0x1E // data sheet DocID028475, 9.26
enum { ACCEL_READY = 1, GYRO_READY = 2 };

static TwoWire bus(PB11, PB10); // I2C2, UM2153 table 11
static LSM6DSLSensor sensor(&bus, LSM6DSL_ACC_GYRO_I2C_ADDRESS_LOW);

static float nearest_rate(uint32_t rate_mhz) {
    const float rates[] = {26.0f, 52.0f, 104.0f, 208.0f, 416.0f}, wanted = (float)rate_mhz / 1000.0f;
    float best = rates[0];
    for (float rate : rates)
        if (fabsf(rate - wanted) < fabsf(best - wanted)) best = rate;
    return best;
}

static int32_t imu_begin(uint32_t rate_mhz) {
    const float rate = nearest_rate(rate_mhz);
    bus.begin();
    const bool good = sensor.begin() == LSM6DSL_STATUS_OK && sensor.Enable_X() == LSM6DSL_STATUS_OK &&
                      sensor.Enable_G() == LSM6DSL_STATUS_OK && sensor.Set_X_ODR(rate) == LSM6DSL_STATUS_OK &&
                      sensor.Set_G_ODR(rate) == LSM6DSL_STATUS_OK && sensor.Set_X_FS(16.0f) == LSM6DSL_STATUS_OK &&
                      sensor.Set_G_FS(2000.0f) == LSM6DSL_STATUS_OK;
    return good ? (int32_t)(rate * 1000.0f) : (int32_t)BOARD_ERR_SENSOR;
}

static bool imu_next(float accel_g[3], float gyro_dps[3]) {
    uint8_t status = 0;
    int32_t mg[3], mdps[3];
    if (sensor.ReadReg(STATUS_REG, &status) != LSM6DSL_STATUS_OK) return false;
    if ((status & (ACCEL_READY | GYRO_READY)) != (ACCEL_READY | GYRO_READY)) return false;
    if (sensor.Get_X_Axes(mg) != LSM6DSL_STATUS_OK || sensor.Get_G_Axes(mdps) != LSM6DSL_STATUS_OK) return false;
    for (int i = 0; i < 3; i++) {
        accel_g[i] = (float)mg[i] / 1000.0f;
        gyro_dps[i] = (float)mdps[i] / 1000.0f;
    }
    return true;
}

const imu_driver imu_sensor = {imu_begin, imu_next, 1}; // without the FIFO: the latest sample only

#endif
