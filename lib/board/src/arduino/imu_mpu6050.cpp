// imu_mpu6050.cpp: InvenSense MPU6050 on I2C (any ESP32 board: SDA, SCL, 3.3 V, ground) through Adafruit MPU6050: 16 g,
// 2000 degrees per second, 4 to 1000 Hz. The library does not tell when a sample is new, so the board's clock decides.
#if defined(ARDUINO) && defined(BOARD_IMU_MPU6050)

#include <Adafruit_MPU6050.h>
#include <Adafruit_Sensor.h>
#include <Wire.h>

#include "board/board.h"
#include "drivers.h"

#define INNER_RATE_HZ 1000u // with the low-pass filter on, register map RM-MPU-6000A, 4.4
static const float STANDARD_GRAVITY = 9.80665f, DEGREES_PER_RADIAN = 57.2957795f;

static Adafruit_MPU6050 sensor;
static uint32_t period_us, due_us;

static int32_t imu_begin(uint32_t rate_mhz) {
    if (rate_mhz < 4000 || rate_mhz > 1000000) return BOARD_ERR_RATE;
    if (!sensor.begin()) return BOARD_ERR_SENSOR;
    const uint32_t divisor = (INNER_RATE_HZ * 1000u + rate_mhz / 2) / rate_mhz;
    sensor.setAccelerometerRange(MPU6050_RANGE_16_G);
    sensor.setGyroRange(MPU6050_RANGE_2000_DEG);
    sensor.setFilterBandwidth(MPU6050_BAND_44_HZ);
    sensor.setSampleRateDivisor((uint8_t)(divisor - 1));
    period_us = divisor * 1000000u / INNER_RATE_HZ;
    due_us = board_micros() + period_us;
    return (int32_t)(INNER_RATE_HZ * 1000u / divisor);
}

static bool imu_next(float accel_g[3], float gyro_dps[3]) {
    const uint32_t now = board_micros();
    sensors_event_t accel, gyro, temperature;
    if ((int32_t)(now - due_us) < 0) return false;
    due_us += (now - due_us) / period_us * period_us + period_us; // those that nobody fetched are gone
    if (!sensor.getEvent(&accel, &gyro, &temperature)) return false;
    const float mps2[3] = {accel.acceleration.x, accel.acceleration.y, accel.acceleration.z};
    const float radians[3] = {gyro.gyro.x, gyro.gyro.y, gyro.gyro.z};
    for (int i = 0; i < 3; i++) {
        accel_g[i] = mps2[i] / STANDARD_GRAVITY;
        gyro_dps[i] = radians[i] * DEGREES_PER_RADIAN;
    }
    return true;
}

const imu_driver imu_sensor = {imu_begin, imu_next, 1};

#endif
