#include "update/signature.h"

#define BLAKE2_NO_UNROLLING // 13 kB less on a Cortex-M4
#include "monocypher.c"     // of the folder that monocypher.py fills: what is not called is not linked

void update_digest(const uint8_t *bytes, uint32_t size, uint8_t digest[32]) {
    crypto_blake2b(digest, 32, bytes, size);
}

bool update_signed(const uint8_t *bytes, uint32_t size, const uint8_t signature[64], const uint8_t public_key[32]) {
    return crypto_eddsa_check(signature, public_key, bytes, size) == 0;
}
