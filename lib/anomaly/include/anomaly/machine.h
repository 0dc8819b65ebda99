// machine.h: what a machine does, from its vibration: off, starting, steady, stopping, disturbed. Integers only, no
// heap, no globals; one caller at a time.
//
// Only a steady machine can be compared with the normal state. The samples are cut into short blocks; of each block
// count the level (log2 of the variance, summed over the axes, so that the sensor's direction does not matter) and the
// mean of each axis, which is gravity:
// - off: two blocks in a row below `off_level`, and then all blocks up to an octave above it;
// - steady: the means of the last four groups of MACHINE_GROUP blocks lie within `span` of each other;
// - disturbed: a block of a steady machine stands out by `knock` above the last group, or gravity jumps by three times
//   what the block shakes. It is somebody's knock, or the sensor was moved, and the block is left out. If that happens
//   again and again, it belongs to the machine, since a fault may knock: three such blocks are forgiven at once, and
//   one in MACHINE_BLOCKS for ever;
// - stopping: the level falls; starting: anything else.
//
// A change slower than `span` in MACHINE_BLOCKS blocks passes for steady.
#ifndef ANOMALY_MACHINE_H
#define ANOMALY_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MACHINE_MAX_AXES 3
#define MACHINE_GROUP    8u
#define MACHINE_BLOCKS   (4u * MACHINE_GROUP) // that must be alike

enum { MACHINE_OK = 0, MACHINE_ERR_CONFIG = -1 };

typedef enum {
    MACHINE_OFF,
    MACHINE_STARTING,
    MACHINE_STEADY,
    MACHINE_STOPPING,
    MACHINE_DISTURBED,
    MACHINE_STATES
} machine_state;

typedef struct {
    uint8_t axes;      // 1..MACHINE_MAX_AXES
    uint16_t block;    // samples, 2..32768
    int16_t off_level; // 1/256 of an octave: log2(1 + variance in counts^2)
    int16_t knock;     // 1/256 of an octave above the last blocks, 1 and up
    int16_t span;      // 1/256 of an octave between groups, 1 and up
} machine_config;

typedef struct { // fields are private but for the state
    const machine_config *config;
    machine_state state;
    int64_t sum[MACHINE_MAX_AXES];
    uint64_t squares[MACHINE_MAX_AXES];
    int32_t gravity[MACHINE_MAX_AXES];
    bool placed;                   // `gravity` is known
    uint16_t filled;               // samples of the block that is on its way
    int16_t level[MACHINE_BLOCKS]; // of the last blocks, a ring
    uint8_t next, levels;
    uint8_t quiet;   // blocks in a row that look off, at most 2
    uint8_t knocks;  // a leaking count of blocks that stood out
    uint32_t steady; // samples since all is steady, the blocks that proved it among them; 0 while it is not
} machine;

int machine_init(machine *m, const machine_config *config); // MACHINE_OK or MACHINE_ERR_CONFIG
void machine_reset(machine *m);                             // forgets the samples

// One sample, int16 [axes]. True: a block ended, and `state` is that of its end.
bool machine_push(machine *m, const int16_t *sample);

// Whether a window that ends with the latest sample was steady from its first to its last one. A window that ends
// inside a block is not: nobody knows yet what the block shows. Such windows are best left out.
bool machine_at_block_end(const machine *m);
bool machine_judges(const machine *m, uint32_t window);

const char *machine_name(machine_state state); // "off", "starting", ...

#ifdef __cplusplus
}
#endif
#endif
