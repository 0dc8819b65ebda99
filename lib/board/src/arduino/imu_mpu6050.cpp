// imu_mpu6050.cpp: InvenSense MPU6050 on the I2C bus of the header (SDA, SCL, 3.3 V, ground; AD0 low) by its registers,
// RM-MPU-6000A: 16 g, 2000 degrees per second, 4 to 1000 Hz, the latest sample only.
#if defined(ARDUINO) && defined(BOARD_IMU_MPU6050)

#include <Arduino.h>

#include "board/board.h"
#include "drivers.h"
#include "registers.h"

#ifndef BOARD_IMU_ADDRESS
#define BOARD_IMU_ADDRESS 0x68 // 0x69 where the pin AD0 is high
#endif

// AT_...: the cores' headers have names of their own.
enum : uint8_t {
    AT_SMPLRT_DIV = 0x19,
    AT_CONFIG = 0x1A,
    AT_GYRO_CONFIG = 0x1B,
    AT_ACCEL_CONFIG = 0x1C,
    AT_INT_ENABLE = 0x38
};
enum : uint8_t { AT_INT_STATUS = 0x3A, AT_PWR_MGMT_1 = 0x6B, AT_WHO_AM_I = 0x75 };
enum : uint8_t { START_AFRESH = 0x80, CLOCK_OF_GYRO = 0x01, FILTER_44_HZ = 3, LARGEST_RANGE = 3 << 3, NEW_SAMPLE = 1 };
enum : uint8_t { ID_MPU6050 = 0x68 }; // AT_WHO_AM_I, whatever AD0 is
static const float G_PER_COUNT = 1.0f / 2048.0f, DPS_PER_COUNT = 1.0f / 16.4f;
static const uint32_t INNER_RATE_HZ = 1000; // with the low-pass filter on, 4.4
static const uint32_t I2C_HZ = 400000, RESET_MS = 100;

static bool set_register(uint8_t which, uint8_t value) {
    return register_set(Wire, BOARD_IMU_ADDRESS, which, value);
}

static int32_t imu_begin(uint32_t rate_mhz) {
    uint8_t id = 0;
    if (rate_mhz < 4000 || rate_mhz > 1000 * INNER_RATE_HZ) return BOARD_ERR_RATE;
    const uint32_t divisor = (INNER_RATE_HZ * 1000 + rate_mhz / 2) / rate_mhz;
    board_i2c_start(I2C_HZ);
    if (!registers_read(Wire, BOARD_IMU_ADDRESS, AT_WHO_AM_I, &id, 1) || id != ID_MPU6050) return BOARD_ERR_SENSOR;
    if (!set_register(AT_PWR_MGMT_1, START_AFRESH)) return BOARD_ERR_SENSOR;
    delay(RESET_MS);
    const bool good = set_register(AT_PWR_MGMT_1, CLOCK_OF_GYRO) && set_register(AT_CONFIG, FILTER_44_HZ) &&
                      set_register(AT_GYRO_CONFIG, LARGEST_RANGE) && set_register(AT_ACCEL_CONFIG, LARGEST_RANGE) &&
                      set_register(AT_SMPLRT_DIV, (uint8_t)(divisor - 1)) && set_register(AT_INT_ENABLE, NEW_SAMPLE);
    return good ? (int32_t)(INNER_RATE_HZ * 1000 / divisor) : (int32_t)BOARD_ERR_SENSOR;
}

static bool imu_next(float accel_g[3], float gyro_dps[3]) {
    uint8_t found[15]; // AT_INT_STATUS, which reading clears; accelerometer, thermometer, gyroscope
    if (!registers_read(Wire, BOARD_IMU_ADDRESS, AT_INT_STATUS, found, sizeof found)) return false;
    if (!(found[0] & NEW_SAMPLE)) return false;
    for (int i = 0; i < 3; i++) {
        accel_g[i] = G_PER_COUNT * (float)pair_high_first(found + 1 + 2 * i);
        gyro_dps[i] = DPS_PER_COUNT * (float)pair_high_first(found + 9 + 2 * i);
    }
    return true;
}

extern const imu_driver imu_sensor = {imu_begin, imu_next, 1};

#endif
