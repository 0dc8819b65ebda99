// mps2_store.c: the store of an emulated board is a part of its PSRAM, which a reset leaves alone; it is empty when the
// emulator starts.
#if defined(BOARD_MPS2)

#include "board/board.h"
#include "mps2.h"

#include <stdbool.h>
#include <string.h>

enum { SLOTS = 16, KEY_SIZE = 16 };
#define TAKEN 0x45524F54u // what memory holds at power-on is no value

typedef struct {
    uint32_t taken, size;
    char key[KEY_SIZE];
    uint8_t bytes[BOARD_STORE_SIZE];
} slot;

static slot *const slots = (slot *)MPS2_STORE;
_Static_assert(SLOTS * sizeof(slot) <= MPS2_STORE_SIZE, "the part has less room");

static slot *find(const char *key) {
    for (slot *s = slots; s < slots + SLOTS; s++)
        if (s->taken == TAKEN && s->size <= BOARD_STORE_SIZE && strncmp(s->key, key, KEY_SIZE) == 0) return s;
    return NULL;
}

static slot *find_free(void) {
    for (slot *s = slots; s < slots + SLOTS; s++)
        if (s->taken != TAKEN || s->size > BOARD_STORE_SIZE) return s;
    return NULL;
}

size_t board_store_read(const char *key, void *bytes, size_t size) {
    const slot *s = find(key);
    if (!s || s->size > size) return 0;
    memcpy(bytes, s->bytes, s->size);
    return s->size;
}

int32_t board_store_write(const char *key, const void *bytes, size_t size) {
    slot *s = find(key);
    if (size == 0) {
        if (s) s->taken = 0;
        return BOARD_OK;
    }
    if (!s) s = find_free();
    if (!s || size > BOARD_STORE_SIZE || strlen(key) >= KEY_SIZE) return BOARD_ERR_STORE;
    s->taken = 0;                         // a reset in between leaves no half value
    memcpy(s->key, key, strlen(key) + 1); // it fits
    memcpy(s->bytes, bytes, size);
    s->size = (uint32_t)size;
    s->taken = TAKEN;
    return BOARD_OK;
}

#endif
