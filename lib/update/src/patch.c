// A sequential patch of detools with heatshrink: bsdiff's differences, LZSS-compressed with a window of 256 bytes and
// matches of up to 128. Head and size of the image are not compressed, what follows is.
#include "update/make.h"

#include "writer.h"

#include <string.h>

enum { SEQUENTIAL_HEATSHRINK = 0x04, WINDOW_BITS = 8, LENGTH_BITS = 7, WINDOW_AND_LENGTH = 0x44 };

typedef struct {
    const update_source *source;
    uint32_t next;       // byte of the payload
    uint8_t byte, bits;  // that is being read; its bits that are left
    uint8_t back, place; // of the match that is being copied, less 1; where the window goes on
    uint8_t left;        // bytes of that match
    bool over;           // something was read that is not there, or makes no sense: all that follows is 0
    uint8_t window[1 << WINDOW_BITS];
} reader;

static uint8_t raw(reader *r) {
    if (r->next < r->source->payload_size) return r->source->payload[r->next++];
    r->over = true;
    return 0;
}

static uint8_t bits(reader *r, uint8_t count) {
    uint8_t value = 0;
    for (; count; count--) {
        if (!r->bits) {
            r->byte = raw(r);
            r->bits = 8;
        }
        value = (uint8_t)(value << 1 | (r->byte >> --r->bits & 1));
    }
    return value;
}

static uint8_t unpacked(reader *r) {
    uint8_t byte;
    if (!r->left && bits(r, 1)) {
        byte = bits(r, 8);
    } else {
        if (!r->left) {
            r->back = bits(r, WINDOW_BITS);
            r->left = (uint8_t)(bits(r, LENGTH_BITS) + 1);
        }
        r->left--;
        byte = r->window[(uint8_t)(r->place - r->back - 1)];
    }
    r->window[r->place++] = byte;
    return byte;
}

// A number of up to 31 bits: six, and a sign, in the first byte, seven in each that follows.
static int32_t number(reader *r, uint8_t (*read)(reader *r)) {
    uint8_t byte = read(r);
    const bool negative = byte & 0x40;
    uint32_t value = byte & 0x3F;
    for (unsigned shift = 6; byte & 0x80; shift += 7) {
        byte = read(r);
        if (shift > 27 || (shift == 27 && (byte & 0x70))) {
            r->over = true;
            return 0;
        }
        value |= (uint32_t)(byte & 0x7F) << shift;
    }
    return negative ? -(int32_t)value : (int32_t)value;
}

// How many bytes follow: no more than the image still takes.
static uint32_t length(reader *r, uint32_t most) {
    const int32_t value = number(r, unpacked);
    if (value < 0 || (uint32_t)value > most) r->over = true;
    return r->over ? 0 : (uint32_t)value;
}

static bool begins(reader *r) {
    const update_source *s = r->source;
    const bool right = raw(r) == SEQUENTIAL_HEATSHRINK && number(r, raw) == (int32_t)s->size &&
                       raw(r) == WINDOW_AND_LENGTH && number(r, unpacked) == 0; // no format of data
    return right && !r->over && s->size <= INT32_MAX && s->base_size <= INT32_MAX;
}

update_result update_make_patch(const update_source *s, uint32_t to) {
    reader r;
    writer w;
    memset(&r, 0, sizeof r);
    r.source = s;
    if (!begins(&r)) return UPDATE_ERR_CHANGES;
    writer_start(&w, to);
    uint32_t left = s->size;
    int64_t from = 0; // byte of the base
    while (left && !r.over) {
        const uint32_t changed = length(&r, left);
        if (from < 0 || from > (int64_t)s->base_size - changed) break;
        for (uint32_t i = 0; i < changed; i++) writer_put(&w, (uint8_t)(s->base[from++] + unpacked(&r)));
        left -= changed;
        const uint32_t added = length(&r, left);
        for (uint32_t i = 0; i < added; i++) writer_put(&w, unpacked(&r));
        left -= added;
        from += number(&r, unpacked);
    }
    if (left || r.over) return UPDATE_ERR_CHANGES;
    return writer_end(&w) ? UPDATE_OK : UPDATE_ERR_FLASH;
}
