// manifest.h: what an update says of itself, a deterministic CBOR map whose fields are those of manifest.toml. No heap,
// no globals.
//
// A manifest is read before its signature is verified, for it names its key. So the reader trusts nothing: it takes the
// shortest form of each number, definite lengths, rising keys, every field that its kind must have and no other, and
// nothing behind the map (RFC 8949, 4.2).
#ifndef UPDATE_MANIFEST_H
#define UPDATE_MANIFEST_H

#include "update/fields.h"
#include "update/slots.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint32_t number;      // of a uint; bytes of text and bytes, pairs of pairs
    const uint8_t *bytes; // of text and bytes; where the numbers of pairs begin; NULL: the manifest has no such field
} update_value;

enum { UPDATE_KEYS = UPDATE_FIELD_PAYLOAD + 1 };

typedef struct {
    update_value value[UPDATE_KEYS]; // by the field's number
} update_manifest;

// 0: it is as it must be. Else the key at fault, or UPDATE_KEYS where no key is.
uint32_t update_manifest_read(update_manifest *m, const uint8_t *bytes, uint32_t size);

bool update_manifest_says(const update_manifest *m, uint32_t field, const char *text);

// The next id and version of a field of pairs: `at` is first that field's `bytes`.
const uint8_t *update_manifest_pair(const uint8_t *at, uint16_t *id, uint16_t *version);

void update_manifest_offer(const update_manifest *m, update_offer *offer);

#ifdef __cplusplus
}
#endif
#endif
