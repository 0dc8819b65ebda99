// Whom this firmware believes: the keys of its product, which `python -m ml keys` writes. Firmware without a header
// believes nobody.
#include "core.h"

#if FIELD_UPDATES

#include "update/signature.h"
#include <string.h>

#ifdef UPDATE_KEYS_HEADER
#include UPDATE_KEYS_HEADER
#else
#define UPDATE_PRODUCT          "none"
#define UPDATE_PUBLIC_KEY_COUNT 0
#define UPDATE_PUBLIC_KEYS      {{0}}
#endif

static const uint8_t keys[][UPDATE_PUBLIC_KEY] = UPDATE_PUBLIC_KEYS;
const char *const field_product = UPDATE_PRODUCT;

const uint8_t *field_public_key(const uint8_t id[UPDATE_KEY_ID]) {
    for (int i = 0; i < UPDATE_PUBLIC_KEY_COUNT; i++) {
        uint8_t digest[UPDATE_DIGEST];
        update_digest(keys[i], UPDATE_PUBLIC_KEY, digest);
        if (memcmp(digest, id, UPDATE_KEY_ID) == 0) return keys[i];
    }
    return NULL;
}

#endif
