// mask.h: hides a board's numbers from whoever adds them up, and not their sum.
//
// Secure aggregation (Bonawitz et al., CCS 2017) in a small group. Each pair of members agrees on a key (X25519); its
// stream (ChaCha20) is added by the member with the lower index and subtracted by the other, so that it falls out of
// the sum modulo 2^32. A stream of its own hides each contribution further, until the member has been told who is in
// the sum: then it reveals the key of that stream, and those that it shares with members who are missing. It answers
// this once a round. It never reveals both its own key and those it shares with all others, and a group that has fallen
// below FLEET_LEAST stays hidden. The gateway is trusted to follow these steps, not with the numbers
// (docs/fleet_learning.md).
#ifndef FLEET_MASK_H
#define FLEET_MASK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FLEET_KEY = 32,  // bytes of a seed, of a public key, and of the key of a stream
    FLEET_MODEL = 8, // bytes of a model's hash
    FLEET_LEAST = 3, // members, below which a sum says too much of each
    FLEET_MOST = 16, // members
    FLEET_BLOCK = 16 // values of a block of the stream
};

// A round, as all of its members see it.
typedef struct {
    uint32_t round;             // never twice with one seed: the board keeps the last one
    uint8_t model[FLEET_MODEL]; // whose layer is learnt
    uint8_t members, own;       // FLEET_LEAST..FLEET_MOST, and which of them this board is
} fleet_round;

typedef struct {
    uint8_t key[FLEET_MOST][FLEET_KEY]; // [own]: of its own stream
    uint8_t members, own;
    bool revealed;
} fleet_masks;

// The public key of a round; `seed` is the board's secret, random bytes that it alone has.
void fleet_public(const uint8_t seed[FLEET_KEY], uint32_t round, uint8_t key[FLEET_KEY]);

// From the members' public keys, in their order. False: too few or too many members, or a public key that is not the
// own one at its place, comes twice, or leads to no secret.
bool fleet_begin(fleet_masks *masks, const uint8_t seed[FLEET_KEY], const fleet_round *round,
                 const uint8_t (*keys)[FLEET_KEY]);

// Adds the masks of the values from `block` * FLEET_BLOCK on to up to FLEET_BLOCK values, modulo 2^32. False, and all
// of them 0: there are no masks, as the round has not begun, or is over for this board.
bool fleet_mask(const fleet_masks *masks, uint32_t block, uint32_t *value, uint32_t count);

// `present`: a bit for each member whose contribution arrived. Writes the key of its own stream, then those of the
// missing members in their order; returns how many keys, 0: refused, as it is not present itself, too few are, or it
// was asked before in this round. Forgets all keys then.
uint8_t fleet_reveal(fleet_masks *masks, uint16_t present, uint8_t (*keys)[FLEET_KEY]);

#ifdef __cplusplus
}
#endif
#endif
