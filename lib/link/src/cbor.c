#include "link/cbor.h"

#include <string.h>

enum { UINT = 0x00, TEXT = 0x60, ARRAY = 0x80, MAP = 0xA0 }; // major types
enum { IN_PLACE = 24 }; // smaller values lie in the first byte; from here on its low bits give the size that follows

static void put(link_cbor *c, const void *bytes, size_t size) {
    if (c->full || size > c->room - c->size) {
        c->full = true;
        return;
    }
    memcpy(c->out + c->size, bytes, size);
    c->size += size;
}

static void put_head(link_cbor *c, uint8_t major, uint64_t value) {
    uint8_t log_size = value <= UINT8_MAX ? 0 : value <= UINT16_MAX ? 1 : value <= UINT32_MAX ? 2 : 3;
    uint8_t bytes[9] = {(uint8_t)(major | (value < IN_PLACE ? value : (uint64_t)(IN_PLACE + log_size)))};
    size_t size = value < IN_PLACE ? 0 : (size_t)1 << log_size;
    for (size_t i = 0; i < size; i++) bytes[size - i] = (uint8_t)(value >> (8 * i));
    put(c, bytes, 1 + size);
}

void cbor_map(link_cbor *c, uint32_t pairs) {
    put_head(c, MAP, pairs);
}

void cbor_array(link_cbor *c, uint32_t items) {
    put_head(c, ARRAY, items);
}

void cbor_uint(link_cbor *c, uint64_t value) {
    put_head(c, UINT, value);
}

void cbor_text(link_cbor *c, const char *text) {
    size_t size = strlen(text);
    put_head(c, TEXT, size);
    put(c, text, size);
}
