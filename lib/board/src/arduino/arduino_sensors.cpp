// arduino_sensors.cpp: from a driver's samples to those of board.h: counts, times, and what was lost.
#if defined(ARDUINO) && !defined(__AVR__) // which has a board of its own: avr_board.c

#include <Arduino.h>
#include <math.h>
#include <string.h>

#include "board/board.h"
#include "drivers.h"
#include "sleep.h"

// NULL until it was started: so the linker leaves out the driver, and its tables, of a sensor that nobody starts.
static const imu_driver *imu;
static const mic_driver *mic;

static struct {
    uint32_t period_us; // 0: not running
    uint32_t last_us;   // when the last sample was taken
    bool caught_up;     // the sensor had nothing left: its next sample is a fresh one
} imu_state, mic_state;
static uint32_t overruns;
static const uint32_t SAMPLES_TO_WAIT_FOR = 4; // of a sensor that keeps them

static int16_t to_counts(float value, int per_unit) {
    const float counts = roundf(value * (float)per_unit);
    return (int16_t)(counts > 32767.0f ? 32767.0f : counts < -32768.0f ? -32768.0f : counts);
}

// Samples that waited in the sensor are a period apart, the last of them not later than now; those that no longer
// fitted are counted.
static uint32_t time_of_next(uint32_t depth) {
    const uint32_t now = board_micros(), period = imu_state.period_us;
    const uint32_t late = (now - imu_state.last_us) / period; // samples taken since the last one
    if (late > depth) {
        overruns += late - depth;
        imu_state.last_us += (late - depth) * period;
    }
    if ((imu_state.caught_up && late <= 1) || now - imu_state.last_us < period) return now;
    return imu_state.last_us + period;
}

// What the sensor gave last is younger than a period, whatever its clock makes of one.
static void note_empty() {
    const uint32_t now = board_micros();
    if (now - imu_state.last_us > imu_state.period_us) imu_state.last_us = now - imu_state.period_us;
    imu_state.caught_up = true;
}

static int32_t note_start(int32_t rate_mhz) {
    if (rate_mhz > 0) {
        imu_state.period_us = (uint32_t)(1000000000ul / (uint32_t)rate_mhz);
        imu_state.last_us = board_micros();
        imu_state.caught_up = true;
    }
    return rate_mhz;
}

int32_t board_imu_start(uint32_t rate_mhz) {
    board_init();
    imu = &imu_sensor;
    return note_start(imu->begin(rate_mhz));
}

size_t board_imu_read(board_imu_sample *samples, size_t count) {
    float accel[3], gyro[3];
    size_t done = 0;
    while (done < count && imu_state.period_us) {
        if (!imu->next(accel, gyro)) {
            note_empty();
            break;
        }
        samples[done].time_us = imu_state.last_us = time_of_next(imu->depth);
        imu_state.caught_up = false;
        for (int i = 0; i < 3; i++) {
            samples[done].axis[i] = to_counts(accel[i], BOARD_ACCEL_PER_G);
            samples[done].axis[3 + i] = to_counts(gyro[i], BOARD_GYRO_PER_DPS);
        }
        done++;
    }
    return done;
}

int32_t board_mic_start(uint32_t rate_mhz) {
    board_init();
    mic = &mic_sensor;
    const int32_t rate = mic->begin(rate_mhz);
    mic_state.period_us = rate > 0 ? 1000000000ul / (uint32_t)rate : 0;
    mic_state.last_us = board_micros();
    return rate;
}

size_t board_mic_read(int16_t *pcm, size_t count) {
    if (!mic_state.period_us) return 0;
    const uint32_t now = board_micros(), waited = (now - mic_state.last_us) / mic_state.period_us;
    if (mic->lost)
        overruns += mic->lost();
    else if (waited > mic->depth)
        overruns += waited - mic->depth;
    mic_state.last_us = now;
    return mic->read(pcm, count);
}

// The accelerometer alone comes from the IMU, at the IMU's rate: enough for a fan, too slow for the noise of bearings.
// Each sample can be read once: where the IMU runs there is no accelerometer beside it.
int32_t board_accel_start(uint32_t rate_mhz) {
    return imu_state.period_us ? (int32_t)BOARD_ERR_ABSENT : board_imu_start(rate_mhz);
}

size_t board_accel_read(int16_t (*xyz)[3], size_t count) {
    board_imu_sample sample;
    size_t done = 0;
    while (done < count && board_imu_read(&sample, 1)) memcpy(xyz[done++], sample.axis, sizeof xyz[0]);
    return done;
}

// The clock of an IMU is a few per cent off and its samples are lost where it keeps the last one only: from an eighth
// of a period before the next on, it is looked for.
static uint32_t imu_idle_us() {
    const uint32_t period = imu_state.period_us, since = board_micros() - imu_state.last_us;
    if (!period) return UINT32_MAX;
    const uint32_t early = imu->depth >= SAMPLES_TO_WAIT_FOR * 2 ? period * SAMPLES_TO_WAIT_FOR : period - period / 8;
    return since < early ? early - since : 0;
}

uint32_t sensors_idle_us(void) {
    const uint32_t imu = imu_idle_us(), analog = analog_idle_us();
    return imu < analog ? imu : analog;
}

bool microphone_runs(void) {
    return mic_state.period_us != 0;
}

bool microphone_wait(uint32_t ms) {
    if (!microphone_runs() || !mic->wait) return false;
    mic->wait(ms);
    return true;
}

uint32_t board_sensor_overruns(void) {
    return overruns + analog_overruns();
}

#endif
