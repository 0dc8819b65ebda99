// clip.h: bounds what one board can do to the sum of many.
//
// An update longer than `most` is made as long as that, in its own direction (norm clipping). As |value| <= most then,
// the sum of n boards stays within n * most: below 2^31 it is exact in 32 bits, whatever the masks around it are.
#ifndef FLEET_CLIP_H
#define FLEET_CLIP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The Euclidean length of up to 65535 values, rounded up. Values beyond FLEET_LARGEST count as FLEET_LARGEST.
uint32_t fleet_length(const int32_t *value, uint32_t count);

// A value of an update of this length, clipped to `most` (1..FLEET_LARGEST) and rounded towards 0: so the length of all
// is at most `most`.
int32_t fleet_clipped(int32_t value, uint32_t length, uint32_t most);

#ifdef __cplusplus
}
#endif
#endif
