#include "image/settings.h"

#include "format.h"

#include <stddef.h>

#define AT(type, field) (UINT32_C(1) << (offsetof(type, field) / sizeof(void *)))

typedef struct {
    uint16_t id, version;
    uint32_t size, pointers;
} known_settings;

#define KNOWN(id, version, type, pointers) {id, version, sizeof(type), pointers},
static const known_settings known[] = {IMAGE_SETTINGS(KNOWN)};

bool settings_type(uint16_t id, uint16_t version, uint32_t *size, uint32_t *pointers) {
    for (uint32_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (known[i].id != id || known[i].version != version) continue;
        *size = known[i].size;
        *pointers = known[i].pointers;
        return true;
    }
    return false;
}
