#include "fleet/mask.h"

#include <monocypher.h>
#include <string.h>

static void secret_of(const uint8_t seed[FLEET_KEY], uint32_t round, uint8_t purpose, uint8_t secret[FLEET_KEY]) {
    const uint8_t message[5] = {purpose, (uint8_t)round, (uint8_t)(round >> 8), (uint8_t)(round >> 16),
                                (uint8_t)(round >> 24)};
    crypto_blake2b_keyed(secret, FLEET_KEY, seed, FLEET_KEY, message, sizeof message);
}

void fleet_public(const uint8_t seed[FLEET_KEY], uint32_t round, uint8_t key[FLEET_KEY]) {
    uint8_t secret[FLEET_KEY];
    secret_of(seed, round, 'x', secret);
    crypto_x25519_public_key(key, secret);
    crypto_wipe(secret, sizeof secret);
}

// The key of a pair: of the shared secret, and of what both sides see of the round.
static bool pair_key(const uint8_t secret[FLEET_KEY], const fleet_round *round, const uint8_t (*keys)[FLEET_KEY],
                     uint8_t other, uint8_t key[FLEET_KEY]) {
    static const uint8_t nothing[FLEET_KEY];
    const uint8_t low = other < round->own ? other : round->own, high = other < round->own ? round->own : other;
    uint8_t message[3 * FLEET_KEY + FLEET_MODEL];
    crypto_x25519(message, secret, keys[other]);
    const bool sound = crypto_verify32(message, nothing) != 0;
    memcpy(message + FLEET_KEY, keys[low], FLEET_KEY);
    memcpy(message + 2 * FLEET_KEY, keys[high], FLEET_KEY);
    memcpy(message + 3 * FLEET_KEY, round->model, FLEET_MODEL);
    crypto_blake2b(key, FLEET_KEY, message, sizeof message);
    crypto_wipe(message, sizeof message);
    return sound;
}

static bool in_order(const fleet_round *round, const uint8_t (*keys)[FLEET_KEY]) {
    if (round->members < FLEET_LEAST || round->members > FLEET_MOST || round->own >= round->members) return false;
    for (uint8_t i = 0; i < round->members; i++) {
        for (uint8_t j = 0; j < i; j++) {
            if (memcmp(keys[i], keys[j], FLEET_KEY) == 0) return false;
        }
    }
    return true;
}

bool fleet_begin(fleet_masks *masks, const uint8_t seed[FLEET_KEY], const fleet_round *round,
                 const uint8_t (*keys)[FLEET_KEY]) {
    uint8_t secret[FLEET_KEY], own[FLEET_KEY];
    memset(masks, 0, sizeof *masks);
    masks->revealed = true; // until all is well there is nothing to reveal
    if (!in_order(round, keys)) return false;
    fleet_public(seed, round->round, own);
    bool sound = memcmp(own, keys[round->own], FLEET_KEY) == 0;
    secret_of(seed, round->round, 'x', secret);
    for (uint8_t i = 0; i < round->members && sound; i++) {
        if (i != round->own) sound = pair_key(secret, round, keys, i, masks->key[i]);
    }
    secret_of(seed, round->round, 'o', masks->key[round->own]);
    crypto_wipe(secret, sizeof secret);
    masks->members = round->members;
    masks->own = round->own;
    masks->revealed = !sound;
    return sound;
}

bool fleet_mask(const fleet_masks *masks, uint32_t block, uint32_t *value, uint32_t count) {
    if (masks->revealed || !masks->members) {
        memset(value, 0, count * sizeof *value);
        return false;
    }
    static const uint8_t nonce[8]; // a key has one stream
    uint8_t stream[4 * FLEET_BLOCK];
    for (uint8_t i = 0; i < masks->members; i++) {
        crypto_chacha20_djb(stream, 0, sizeof stream, masks->key[i], nonce, block);
        for (uint32_t j = 0; j < count && j < FLEET_BLOCK; j++) {
            const uint8_t *byte = stream + 4 * j;
            const uint32_t word = byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
            value[j] += i < masks->own ? 0u - word : word; // its own stream is added
        }
    }
    crypto_wipe(stream, sizeof stream);
    return true;
}

uint8_t fleet_reveal(fleet_masks *masks, uint16_t present, uint8_t (*keys)[FLEET_KEY]) {
    uint8_t there = 0, told = 0;
    for (uint8_t i = 0; i < masks->members; i++) there += (uint8_t)(present >> i & 1);
    if (masks->revealed || there < FLEET_LEAST || !(present >> masks->own & 1) || present >> masks->members > 0) {
        return 0;
    }
    memcpy(keys[told++], masks->key[masks->own], FLEET_KEY);
    for (uint8_t i = 0; i < masks->members; i++) {
        if (!(present >> i & 1)) memcpy(keys[told++], masks->key[i], FLEET_KEY);
    }
    crypto_wipe(masks->key, sizeof masks->key);
    masks->revealed = true;
    return told;
}
