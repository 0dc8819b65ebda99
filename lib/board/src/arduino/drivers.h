// drivers.h: what a sensor's driver brings. One file a sensor; boards/*.ini names the ones to build (BOARD_IMU_...,
// BOARD_MIC_...).
#ifndef BOARD_DRIVERS_H
#define BOARD_DRIVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct imu_driver {
    int32_t (*begin)(uint32_t rate_mhz);               // the rate it runs at, or a negative error of board.h
    bool (*next)(float accel_g[3], float gyro_dps[3]); // false when no sample is ready
    uint32_t depth;                                    // samples the sensor keeps for a late reader
};

struct mic_driver {
    int32_t (*begin)(uint32_t rate_mhz);
    size_t (*read)(int16_t *pcm, size_t count); // samples that are ready, oldest first
    uint32_t depth;
    uint32_t (*lost)(
        void); // samples dropped just before the next one that `read` gives; NULL: told from the time alone
    void (*wait)(uint32_t ms); // sleeps until the next samples, or so long; NULL: where there is no microphone
};

extern const imu_driver imu_sensor; // the board's: exactly one driver defines it, none.cpp where there is none
extern const mic_driver mic_sensor;

uint32_t analog_overruns(void); // rows of the analogue channels for which the application came too late
uint32_t analog_idle_us(void);  // until the next row, UINT32_MAX where none is read

#endif
