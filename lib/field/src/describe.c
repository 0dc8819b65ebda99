// What INFO and events say of the model that was given.
#include "core.h"

#if FIELD_UPDATES

#include "link/frame.h"

typedef char info_has_room_for_it[LINK_MAX_PAYLOAD >= 896 ? 1 : -1]; // build with -D LINK_MAX_PAYLOAD=896

static void number(link_cbor *c, const char *key, uint32_t value) {
    cbor_text(c, key);
    cbor_uint(c, value);
}

static void text(link_cbor *c, const char *key, const char *value) {
    cbor_text(c, key);
    cbor_text(c, value);
}

static void digest(link_cbor *c, const char *key, uint8_t slot) {
    static const char digits[] = "0123456789abcdef";
    char hex[2 * UPDATE_BASE_ID + 1] = "";
    for (uint32_t i = 0; slot != UPDATE_NO_SLOT && i < UPDATE_BASE_ID; i++) {
        hex[2 * i] = digits[field.slots.state.digest[slot][i] >> 4];
        hex[2 * i + 1] = digits[field.slots.state.digest[slot][i] & 15];
    }
    text(c, key, hex);
}

void field_describe(link_cbor *c) {
    const uint8_t slot = update_running(&field.slots);
    cbor_map(c, 8);
    text(c, "product", field_product);
    number(c, "slot", slot);
    number(c, "counter", field.slots.state.counter);
    digest(c, "image", slot);
    digest(c, "base", field.slots.state.confirmed);
    text(c, "version", slot == UPDATE_NO_SLOT ? "" : field.slots.state.version[slot]);
    number(c, "phase", field.slots.state.phase);
    cbor_text(c, "kernels");
    cbor_array(c, 2u * field.room->kernels);
    for (uint16_t k = 0; k < field.room->kernels; k++) {
        cbor_uint(c, field.room->kernel[k]->id);
        cbor_uint(c, field.room->kernel[k]->version);
    }
}

uint32_t field_image(void) {
    const uint8_t slot = update_running(&field.slots);
    if (slot == UPDATE_NO_SLOT) return 0;
    const uint8_t *d = field.slots.state.digest[slot];
    return d[0] | (uint32_t)d[1] << 8 | (uint32_t)d[2] << 16 | (uint32_t)d[3] << 24;
}

#endif
