#include "changes.h"

#include "board/board.h"
#include <string.h>

typedef struct {
    uint32_t next;         // byte of the payload
    uint32_t copied, sent; // of the change that is on its way: bytes left of the base, bytes left of the payload
} reader;

// False: no number, or one that could be written shorter, or more than 32 bits.
static bool number(const update_changes *c, reader *r, uint32_t *value) {
    *value = 0;
    for (unsigned shift = 0; shift < 35 && r->next < c->payload_size; shift += 7) {
        const uint8_t byte = c->payload[r->next++];
        if (shift == 28 && byte > 0x0F) return false;
        *value |= (uint32_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) return byte || !shift;
    }
    return false;
}

static bool next_change(const update_changes *c, reader *r) {
    return number(c, r, &r->copied) && number(c, r, &r->sent) && r->sent && r->sent <= c->payload_size - r->next;
}

bool changes_are_right(const update_changes *c) {
    uint32_t left = c->size;
    for (reader r = {0, 0, 0}; r.next < c->payload_size; r.next += r.sent) {
        if (!next_change(c, &r) || r.copied > left || r.sent > left - r.copied) return false;
        left -= r.copied + r.sent;
    }
    return true;
}

static uint8_t byte_at(const update_changes *c, reader *r, uint32_t at) {
    if (!r->copied && !r->sent && (r->next == c->payload_size || !next_change(c, r))) r->copied = c->size - at;
    if (r->copied) {
        r->copied--;
        return c->base[at];
    }
    r->sent--;
    return c->payload[r->next++];
}

bool changes_write(const update_changes *c, uint32_t to) {
    uint8_t bytes[UPDATE_MAX_BLOCK];
    reader r = {0, 0, 0};
    for (uint32_t at = 0; at < c->size;) {
        const uint32_t from = at;
        memset(bytes, 0xFF, sizeof bytes); // behind the end of the image
        for (uint32_t i = 0; i < sizeof bytes && at < c->size; i++, at++) bytes[i] = byte_at(c, &r, at);
        const uint32_t unit = board_flash().unit, size = (at - from + unit - 1) / unit * unit;
        if (board_flash_program(to + from, bytes, size) != BOARD_OK) return false;
    }
    return true;
}
