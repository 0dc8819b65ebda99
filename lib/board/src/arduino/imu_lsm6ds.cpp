// imu_lsm6ds.cpp: ST LSM6DSL (B-L475E-IOT01A), LSM6DS3TR-C (XIAO nRF52840 Sense), LSM6DSO (X-NUCLEO-IKS01A3) and
// LSM6DSOX (Nano RP2040 Connect) by their registers. The four share all registers that are used here: 16 g, 2000
// degrees per second, 26 to 416 Hz, the latest sample only. Data sheets DocID028475, DocID030071, DS12140 and DS12814,
// "Register description".
#if defined(ARDUINO) && defined(BOARD_IMU_LSM6DS)

#include <Arduino.h>

#include "board/board.h"
#include "drivers.h"
#include "registers.h"

#ifndef BOARD_IMU_ADDRESS
#define BOARD_IMU_ADDRESS 0x6A // 0x6B where the pin SA0 is high
#endif
#ifdef BOARD_IMU_SDA // an inner bus that is none of the core's own: STM32
static TwoWire bus(BOARD_IMU_SDA, BOARD_IMU_SCL);
#else
#ifndef BOARD_IMU_BUS
#define BOARD_IMU_BUS Wire
#endif
static TwoWire &bus = BOARD_IMU_BUS;
#endif

enum : uint8_t {
    AT_WHO_AM_I = 0x0F,
    AT_CTRL1_XL = 0x10,
    AT_CTRL2_G = 0x11,
    AT_CTRL3_C = 0x12,
    AT_STATUS = 0x1E,
    AT_OUTX_L_G = 0x22
};
enum : uint8_t { START_AFRESH = 0x01, NEXT_ADDRESS = 0x04, WHOLE_SAMPLES = 0x40 }; // CTRL3_C: SW_RESET, IF_INC, BDU
enum : uint8_t { RANGE_16_G = 0x04, RANGE_2000_DPS = 0x0C, BOTH_READY = 3 };
enum : uint8_t { DSL_AND_DS3TR_C = 0x6A, DSO_AND_DSOX = 0x6C }; // WHO_AM_I
static const float G_PER_COUNT = 0.000488f, DPS_PER_COUNT = 0.070f;
static const uint32_t RATES_MHZ[] = {26000, 52000, 104000, 208000, 416000}; // ODR is 2 and up
static const uint32_t I2C_HZ = 400000, START_MS = 20;

static bool set_register(uint8_t which, uint8_t value) {
    return register_set(bus, BOARD_IMU_ADDRESS, which, value);
}

static uint8_t nearest_rate(uint32_t rate_mhz) {
    uint8_t best = 0;
    for (uint8_t i = 1; i < sizeof RATES_MHZ / sizeof *RATES_MHZ; i++)
        if (2 * (uint64_t)rate_mhz > RATES_MHZ[i - 1] + RATES_MHZ[i]) best = i;
    return best;
}

static void power_up() {
#ifdef BOARD_IMU_POWER_PIN // feeds the sensor
    pinMode(BOARD_IMU_POWER_PIN, OUTPUT);
#ifdef BOARD_IMU_POWER_CNF // of an nRF52840: the pin's register PIN_CNF. An output of high drive, for it feeds pull-ups
                           // too
    *(volatile uint32_t *)BOARD_IMU_POWER_CNF = 3u << 8 | 1u << 1 | 1u;
#endif
    digitalWrite(BOARD_IMU_POWER_PIN, HIGH);
    delay(START_MS);
#endif
}

static int32_t imu_begin(uint32_t rate_mhz) {
    const uint8_t rate = nearest_rate(rate_mhz), odr = (uint8_t)((rate + 2) << 4);
    uint8_t id = 0;
    power_up();
    bus.begin();
    bus.setClock(I2C_HZ);
    if (!registers_read(bus, BOARD_IMU_ADDRESS, AT_WHO_AM_I, &id, 1)) return BOARD_ERR_SENSOR;
    if (id != DSL_AND_DS3TR_C && id != DSO_AND_DSOX) return BOARD_ERR_SENSOR;
    if (!set_register(AT_CTRL3_C, START_AFRESH)) return BOARD_ERR_SENSOR;
    delay(1); // 50 us
    const bool good = set_register(AT_CTRL3_C, WHOLE_SAMPLES | NEXT_ADDRESS) &&
                      set_register(AT_CTRL1_XL, odr | RANGE_16_G) && set_register(AT_CTRL2_G, odr | RANGE_2000_DPS);
    return good ? (int32_t)RATES_MHZ[rate] : (int32_t)BOARD_ERR_SENSOR;
}

static bool imu_next(float accel_g[3], float gyro_dps[3]) {
    uint8_t status, sample[12]; // gyroscope first
    if (!registers_read(bus, BOARD_IMU_ADDRESS, AT_STATUS, &status, 1) || (status & BOTH_READY) != BOTH_READY)
        return false;
    if (!registers_read(bus, BOARD_IMU_ADDRESS, AT_OUTX_L_G, sample, sizeof sample)) return false;
    for (int i = 0; i < 3; i++) {
        gyro_dps[i] = DPS_PER_COUNT * (float)pair_low_first(sample + 2 * i);
        accel_g[i] = G_PER_COUNT * (float)pair_low_first(sample + 6 + 2 * i);
    }
    return true;
}

extern const imu_driver imu_sensor = {imu_begin, imu_next, 1};

#endif
