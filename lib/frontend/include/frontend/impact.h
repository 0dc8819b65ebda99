// impact.h: windows around impacts in a stream of acceleration, whichever way the device is turned. Integers only; no
// heap, no globals.
//
// This is the first stage of a fall detector. Samples are resampled to the model's rate and kept in a ring (imu.h). A
// sample is a peak if none of the `before` samples before it reaches its magnitude, and none of the `after` samples
// after it is larger. A body that hits the ground makes a peak, and now and then a step does. impact_level says how
// hard the impact was, and a gate compares it (decide/gate.h). So the stages behind the gate run at most once in
// `after` samples. Peak and the quiet after it: S. Abbate et al., "A smartphone-based fall detection system", Pervasive
// and Mobile Computing 8, 2012; the threshold: A. K. Bourke et al., "Evaluation of a threshold-based tri-axial
// accelerometer fall detection algorithm", Gait & Posture 26, 2007.
//
// A window is the samples around the peak, before + 1 + after of them, each as four values that do not depend on how
// the device is held: its magnitude; its parts along gravity before the impact and along gravity after it, which are
// the means of the first and of the last `rest` samples; and the jerk, the size of the change since the sample before.
// q = saturate(((x * multiplier + 2^(shift-1)) >> shift) + zero_point), each value with its own zero point.
#ifndef FRONTEND_IMPACT_H
#define FRONTEND_IMPACT_H

#include "frontend/imu.h"
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IMPACT_AXES   3 // ax, ay, az
#define IMPACT_VALUES 4 // magnitude, along gravity before, along gravity after, jerk

typedef struct {
    uint32_t rate_mhz;                // the model's rate in millihertz, 1..2^31-1
    uint16_t before, after;           // samples, 1..1000 each
    uint16_t rest;                    // samples, 1..before + 1 + after
    int16_t multiplier;               // of all values
    uint8_t shift;                    // 1..30
    int8_t zero_point[IMPACT_VALUES]; // q of nothing
} impact_config;

typedef struct { // fields are private but for the counters
    const impact_config *config;
    imu_config ring;
    imu_frontend samples; // samples.windows counts the model's samples since there was a whole window
    uint32_t saturated[IMPACT_VALUES];
} impact_frontend;

// A sensor that is slower than the model's rate does not see the movement between two of its samples: choose a rate
// that every sensor reaches. `history` holds before + 1 + after samples and lives as long as `f`; 0 Hz stands for the
// model's rate.
void impact_init(impact_frontend *f, const impact_config *config, uint32_t sensor_rate_mhz,
                 int16_t (*history)[IMU_AXES]);
void impact_reset(impact_frontend *f, uint32_t sensor_rate_mhz); // forgets the samples; the counters keep counting

bool impact_push(impact_frontend *f, const int16_t sample[IMPACT_AXES]); // true: a sample more, the ring is full
uint32_t impact_level(const impact_frontend *f);     // counts: magnitude of the middle sample if it is a peak, else 0
void impact_window(impact_frontend *f, int8_t *out); // int8 [before + 1 + after][IMPACT_VALUES], oldest first

#ifdef __cplusplus
}
#endif
#endif
