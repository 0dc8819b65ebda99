// motion.h: gravity, magnitude and jerk of a stream of acceleration, in integers: for gates and hand-made features. No
// heap, no globals.
//
// Gravity is a first-order low pass per axis: g += (a - g) / 2^shift, carried with 16 more bits; its time constant is
// about 2^shift samples. It starts at the first sample.
#ifndef FRONTEND_MOTION_H
#define FRONTEND_MOTION_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOTION_AXES 3

typedef struct { // fields are private
    int64_t gravity[MOTION_AXES];
    int16_t last[MOTION_AXES];
    uint8_t shift;
    bool started;
} motion;

typedef struct { // all in counts of the sensor
    int16_t gravity[MOTION_AXES];
    int32_t linear[MOTION_AXES]; // without gravity
    uint32_t magnitude;          // sqrt(ax^2 + ay^2 + az^2), rounded down
    uint32_t linear_magnitude;
    uint32_t jerk; // size of the change since the sample before; 0 at the first
} motion_values;

void motion_init(motion *m, uint8_t shift); // 0..15
motion_values motion_push(motion *m, const int16_t sample[MOTION_AXES]);

#ifdef __cplusplus
}
#endif
#endif
