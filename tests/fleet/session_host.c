// A board around lib/fleet's session: a store in memory that may fail, and values that a test sets.
#include "board/board.h"
#include "fleet/session.h"
#include "link/messages.h"

#include <string.h>

static uint8_t stored[256];
static size_t stored_size;
int32_t host_store_fails;
int32_t host_values[1024];
uint16_t host_size = 40;
uint8_t host_model[FLEET_MODEL] = "8 bytes";
static int32_t values[1024];

size_t board_store_read(const char *key, void *bytes, size_t size) {
    (void)key;
    if (stored_size < size) return 0;
    memcpy(bytes, stored, size);
    return stored_size;
}

int32_t board_store_write(const char *key, const void *bytes, size_t size) {
    (void)key;
    if (host_store_fails) return BOARD_ERR_STORE;
    if (size) memcpy(stored, bytes, size);
    stored_size = size;
    return BOARD_OK;
}

static uint16_t give(const fleet_wanted *wanted, int32_t *made) {
    if (wanted->kind != LINK_FLEET_KIND_SUMS) return 0;
    if (made) memcpy(made, host_values, host_size * sizeof *made);
    return host_size;
}

static const uint8_t *model(void) {
    return host_model;
}

static const fleet_giver giver = {values, 1024, give, model};

void host_start(void) { // as after a reset: the store stays
    fleet_start(&giver);
}
