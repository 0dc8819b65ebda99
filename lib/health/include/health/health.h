// health.h: tells whether what a sensor sends can be real. Integers only; no heap; one caller at a time.
//
// Push every row that the sensor gives. Statistics are kept for windows of a quarter of a second. A fault that lasts
// for six windows in a row is told, so within two seconds; it ends with four windows in a row without it. Real noise
// always moves the lowest bits: so silence, a hand held still and a machine at rest are no faults, and a value that
// stays exactly the same is one. docs/health.md says what each reason means, and where this ends.
#ifndef HEALTH_HEALTH_H
#define HEALTH_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { HEALTH_MAX_CHANNELS = 6, HEALTH_MAX_GROUPS = 2, HEALTH_REASONS = 9, HEALTH_MARKS = 8 };

typedef enum {             // bits of a state; 0: all is well
    HEALTH_STUCK = 1,      // every channel keeps exactly one value
    HEALTH_DEAD = 2,       // some channels do, while others change
    HEALTH_REPEATING = 4,  // the same rows come again and again
    HEALTH_OFFSET = 8,     // the mean lies so far from 0 that headroom is gone, or a gyroscope turns at rest
    HEALTH_SATURATED = 16, // flat tops: many values are exactly the largest or the smallest
    HEALTH_QUIET = 32,     // less than the noise of a real sensor
    HEALTH_LOUD = 64,      // more than the real world
    HEALTH_RATE = 128,     // rows come faster or slower than stated, or not at all
    HEALTH_GRAVITY = 256   // an accelerometer feels none, or not 1 g
} health_reason;

typedef struct {       // of channels that are one sensor; counts. A span is the largest minus the smallest value
    uint8_t channels;  // of all groups together 1..HEALTH_MAX_CHANNELS
    uint16_t quiet;    // span up to which all channels are too quiet; 0: never
    uint16_t loud;     // standard deviation of all channels together, from which on they are too loud; 0: never
    uint16_t flat;     // span from which on flat tops are looked for; 0: never
    uint16_t rest;     // span up to which the sensor is at rest
    uint16_t offset;   // length of the mean at rest, from which on it is an offset; 0: never
    uint16_t rest_low; // length of the mean at rest, as gravity makes it
    uint16_t rest_high;
    uint16_t low;  // the same while the sensor moves
    uint16_t high; // 0: nobody looks at gravity
} health_limits;

typedef struct {
    health_limits group[HEALTH_MAX_GROUPS];
    uint8_t groups;       // 1..HEALTH_MAX_GROUPS
    uint16_t most_hz;     // rows a second that are looked at: of a faster sensor every second, third, ... row; 0: all
    uint8_t rate_percent; // by which the rate may be off, besides the rows of 20 ms; 0: nobody looks at it
    uint8_t unused;       // bits: channels that the sensor does not have; they may keep one value
    uint16_t harmless;    // reasons that are told, but leave the samples believable
} health_config;

// For the units of board.h. An application names one of them, or states its own.
extern const health_config health_microphone;    // its front end takes offsets away: an offset alone is harmless
extern const health_config health_imu;           // held or worn, with gravity
extern const health_config health_imu_either;    // the same, for a front end that takes gravity away: it may be missing
extern const health_config health_accelerometer; // worn, with gravity
extern const health_config health_vibration;     // fixed to a machine; a filter may have taken gravity out

typedef struct { // fields of these structures are private
    int16_t low, high;
    uint16_t at_low, at_high; // values that are exactly these
    int32_t sum;
    int64_t squares;
} health_channel;

typedef struct {
    uint8_t bad, good; // windows in a row
    uint8_t channels;  // of all of the bad ones
} health_count;

typedef struct {                 // recognises rows that come again
    uint32_t context;            // of the latest 16 rows
    uint32_t peak;               // the largest context of late
    uint32_t since, sum;         // of the rows after it
    uint32_t period, period_sum; // of the rows between the two peaks before
    uint32_t verified;           // rows that came again
} health_repeat;

typedef struct {
    uint32_t time_us, rows;
} health_mark;

typedef struct {
    const health_config *config;
    uint32_t rate_mhz;
    uint32_t rows;   // ever
    uint16_t window; // rows that are looked at
    uint16_t filled;
    uint16_t state;
    uint8_t channels;
    uint16_t stride;                   // every how-manieth row is looked at
    uint16_t skip;                     // rows before the next of them
    int16_t last[HEALTH_MAX_CHANNELS]; // row of the window before
    health_channel channel[HEALTH_MAX_CHANNELS];
    health_count count[HEALTH_REASONS];
    health_repeat repeat;
    health_mark mark[HEALTH_MARKS]; // the oldest first
    uint8_t marks;
} health;

void health_init(health *h, const health_config *config, uint32_t rate_mhz); // `config` stays alive
void health_push(health *h, const int16_t *rows, size_t count);              // channels interleaved
void health_lost(health *h, uint32_t rows);                                  // made by the sensor, never read

// Call it whenever the sensor has no more rows to give: `now_us` against the rows tells their rate. A program that
// never calls it learns nothing about the rate.
void health_clock(health *h, uint32_t now_us);

uint16_t health_state(const health *h);   // health_reason
uint8_t health_channels(const health *h); // bits: the channels that the state is about
bool health_believable(const health *h);  // no reason, or harmless ones
bool health_doubtful(const health *h);    // not believable, or it stands still or lacks gravity for half a second
const char *health_name(unsigned bit);    // of 0..HEALTH_REASONS - 1: "stuck", "dead", ...

#ifdef __cplusplus
}
#endif
#endif
