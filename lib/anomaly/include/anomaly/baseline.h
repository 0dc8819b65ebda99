// baseline.h: a device learns what is normal at the place where it is mounted, and how far normal windows stray. No
// heap.
//
// A baseline is a sample of the windows that the device saw while it learned, spread evenly over that time. When there
// is no room for more, every second one goes. Everything else is computed from these windows, the same bits on any
// machine:
// - modes: ways of running, such as speeds. Windows whose levels lie `apart` belong to different ones (farthest-first
//   centres, T. F. Gonzalez, "Clustering to minimize the maximum intercluster distance", Theoretical Computer Science
//   38, 1985; then four rounds of k-means). A window that lies more than half of `apart` from the middle of its mode
//   is none of it: ANOMALY_LEAST such windows that are as close to each other make a mode of their own, fewer were on
//   the way from one to another and are left out. So is a mode of fewer than ANOMALY_LEAST windows: it has no
//   covariance worth the name, and one Gaussian around several such modes would hide every fault;
// - for each mode a Gaussian, of the windows that do not stray: those that score no more than 39 above the middle one,
//   eight times its squared distance, by the Gaussian of others;
// - for each mode a threshold: half of its windows are scored by a Gaussian of the other half, and the other way round;
//   of these scores the highest 2 % are passed over, the next counts. To that comes a margin: 14, and 64 over the
//   number of windows that share no sample, because the few have not seen much.
//
// The board's store keeps this struct, and a host reads and writes it over the link: 32-bit words, little-endian, the
// last a CRC-32 of what is before it. Values at the ends of int8 were probably clipped. They are counted, because they
// make the baseline less reliable.
#ifndef ANOMALY_BASELINE_H
#define ANOMALY_BASELINE_H

#include "anomaly/distance.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ANOMALY_BASELINE_MAGIC 0x32534142u // "BAS2"
#define ANOMALY_MAX_WINDOWS    65535u
#define ANOMALY_KEPT           960u // bytes of windows; the struct fits into BOARD_STORE_SIZE
#define ANOMALY_MOST_KEPT      120u // windows
#define ANOMALY_LEAST          8u   // windows of a mode
#define ANOMALY_ONE_MODE       255
#ifndef ANOMALY_MODES
#define ANOMALY_MODES 6 // ways of running, 1..8; each costs 4 bytes for a feature and 2 for a pair of them
#endif

typedef struct {
    uint32_t magic;
    uint32_t model; // CRC-32 of the model's hash: features of another front end mean something else
    uint32_t features;
    uint32_t windows;   // seen
    uint32_t saturated; // values at -128 or 127 among them
    uint32_t stride;    // of so many windows one was kept: a power of two
    int8_t kept[ANOMALY_KEPT];
    uint32_t crc;
} anomaly_baseline;

typedef struct {
    uint32_t ridge; // 256 and up, 1/256 of a squared step: added to each variance, nobody has seen all that is normal
    uint8_t level_every; // features 0, level_every, 2 * level_every ... are levels
    uint8_t apart;       // steps between the levels of two modes; ANOMALY_ONE_MODE: all windows are one
    uint8_t overlap;     // windows that share samples with the same one, 1 and up
} anomaly_learning;

typedef struct { // what a baseline says
    uint8_t modes;
    uint8_t windows[ANOMALY_MODES];   // kept ones
    uint8_t threshold[ANOMALY_MODES]; // of the level that anomaly_level gives
    uint8_t left_out;                 // kept windows that belong to no mode
    int16_t mean[ANOMALY_MODES][ANOMALY_MAX_FEATURES];
    int16_t inverse[ANOMALY_MODES][ANOMALY_PAIRS(ANOMALY_MAX_FEATURES)];
} anomaly_learnt;

void anomaly_baseline_clear(anomaly_baseline *b, uint8_t features, uint32_t model);
bool anomaly_baseline_learn(anomaly_baseline *b, const int8_t *x); // false: full, or no baseline
void anomaly_baseline_seal(anomaly_baseline *b);                   // sets the CRC
bool anomaly_baseline_valid(const anomaly_baseline *b, uint8_t features, uint32_t model);
uint32_t anomaly_baseline_kept(const anomaly_baseline *b); // windows in `kept`, the oldest first

// False: fewer than two windows, or numbers that learning never makes. An element of W is wrong by at most 2^-13,
// besides the rounding that distance.h describes.
bool anomaly_baseline_modes(const anomaly_baseline *b, const anomaly_learning *how, anomaly_learnt *learnt);

// How far a window lies above the threshold of the mode for which that is least; *mode is that mode.
int32_t anomaly_above(const anomaly_learnt *learnt, uint32_t features, const int8_t *x, uint32_t *mode);

#ifdef __cplusplus
}
#endif
#endif
