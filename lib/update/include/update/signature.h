// signature.h: the digest of an image, and who signed a manifest. Both by Monocypher, which is fetched when firmware is
// built for the first time (monocypher.py).
//
// The digest is BLAKE2b-256 (RFC 7693). The signature is EdDSA on edwards25519 with BLAKE2b as its hash, as
// Monocypher's crypto_eddsa_sign makes it: Ed25519 (RFC 8032) with another hash. No heap; 1.7 kB of stack.
#ifndef UPDATE_SIGNATURE_H
#define UPDATE_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

void update_digest(const uint8_t *bytes, uint32_t size, uint8_t digest[32]);
bool update_signed(const uint8_t *bytes, uint32_t size, const uint8_t signature[64], const uint8_t public_key[32]);

#ifdef __cplusplus
}
#endif
#endif
