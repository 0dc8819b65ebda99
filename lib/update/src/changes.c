#include "update/make.h"

#include "writer.h"

typedef struct {
    uint32_t next;         // byte of the payload
    uint32_t copied, sent; // of the change that is on its way: bytes left of the base, bytes left of the payload
} reader;

// False: no number, or one that could be written shorter, or more than 32 bits.
static bool number(const update_source *s, reader *r, uint32_t *value) {
    *value = 0;
    for (unsigned shift = 0; shift < 35 && r->next < s->payload_size; shift += 7) {
        const uint8_t byte = s->payload[r->next++];
        if (shift == 28 && byte > 0x0F) return false;
        *value |= (uint32_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) return byte || !shift;
    }
    return false;
}

static bool next_change(const update_source *s, reader *r) {
    return number(s, r, &r->copied) && number(s, r, &r->sent) && r->sent && r->sent <= s->payload_size - r->next;
}

// It is a row of changes that ends where the image does, at the latest.
static bool are_right(const update_source *s) {
    uint32_t left = s->size;
    for (reader r = {0, 0, 0}; r.next < s->payload_size; r.next += r.sent) {
        if (!next_change(s, &r) || r.copied > left || r.sent > left - r.copied) return false;
        left -= r.copied + r.sent;
    }
    return true;
}

static uint8_t byte_at(const update_source *s, reader *r, uint32_t at) {
    if (!r->copied && !r->sent && (r->next == s->payload_size || !next_change(s, r))) r->copied = s->size - at;
    if (r->copied) {
        r->copied--;
        return s->base[at];
    }
    r->sent--;
    return s->payload[r->next++];
}

update_result update_make_changes(const update_source *s, uint32_t to) {
    writer w;
    reader r = {0, 0, 0};
    if (s->base_size != s->size || !are_right(s)) return UPDATE_ERR_CHANGES;
    writer_start(&w, to);
    for (uint32_t at = 0; at < s->size; at++) writer_put(&w, byte_at(s, &r, at));
    return writer_end(&w) ? UPDATE_OK : UPDATE_ERR_FLASH;
}
