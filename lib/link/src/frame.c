#include "link/frame.h"

#include <string.h>

enum { CRC_SIZE = 2, FULL_BLOCK = 0xFF };

uint16_t link_crc16_next(uint16_t crc, uint8_t byte) {
    uint8_t x = (uint8_t)(crc >> 8 ^ byte); // all eight steps at once: 0x1021 has its bits far enough apart
    x = (uint8_t)(x ^ x >> 4);
    return (uint16_t)((uint32_t)crc << 8 ^ (uint32_t)x << 12 ^ (uint32_t)x << 5 ^ x);
}

uint16_t link_crc16(const uint8_t *bytes, size_t size) {
    uint16_t crc = LINK_CRC16_START;
    while (size--) crc = link_crc16_next(crc, *bytes++);
    return crc;
}

// COBS: each block is a count, then count - 1 bytes, then a zero that is not written unless the block is full.
typedef struct {
    uint8_t *out;
    size_t count_at, end;
    uint8_t count;
    uint16_t crc;
} encoder;

static void start_block(encoder *e) {
    e->count_at = e->end++;
    e->count = 1;
}

static void end_block(encoder *e) {
    e->out[e->count_at] = e->count;
}

static void put_byte(encoder *e, uint8_t byte) {
    e->crc = link_crc16_next(e->crc, byte);
    if (e->count == FULL_BLOCK) {
        end_block(e);
        start_block(e);
    }
    if (byte) {
        e->out[e->end++] = byte;
        e->count++;
    } else {
        end_block(e);
        start_block(e);
    }
}

static void put_u16(encoder *e, uint16_t value) {
    put_byte(e, (uint8_t)value);
    put_byte(e, (uint8_t)(value >> 8));
}

size_t link_encode(const link_frame *frame, uint8_t *out) {
    if (frame->size > LINK_MAX_PAYLOAD) return 0;
    encoder e = {.out = out, .crc = LINK_CRC16_START};
    out[e.end++] = 0;
    start_block(&e);
    put_byte(&e, frame->type);
    put_byte(&e, frame->stream);
    put_u16(&e, frame->sequence);
    put_u16(&e, (uint16_t)frame->time_us);
    put_u16(&e, (uint16_t)(frame->time_us >> 16));
    for (size_t i = 0; i < frame->size; i++) put_byte(&e, frame->payload[i]);
    put_u16(&e, e.crc);
    end_block(&e);
    out[e.end++] = 0;
    return e.end;
}

void link_decoder_init(link_decoder *decoder) {
    memset(decoder, 0, sizeof *decoder);
    decoder->text = true;
}

// In place; returns the decoded size, 0 when a count points beyond the end.
static size_t cobs_decode(uint8_t *bytes, size_t size) {
    size_t in = 0, out = 0;
    while (in < size) {
        uint8_t count = bytes[in++];
        if (count - 1u > size - in) return 0;
        memmove(bytes + out, bytes + in, count - 1u);
        in += count - 1u;
        out += count - 1u;
        if (count != FULL_BLOCK && in < size) bytes[out++] = 0;
    }
    return out;
}

static uint16_t u16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | (uint16_t)bytes[1] << 8);
}

static bool is_text(uint8_t byte) {
    return (byte >= 0x20 && byte != 0x7F) || byte == '\t' || byte == '\n' || byte == '\r' || byte == 0x1B;
}

static bool parse(uint8_t *bytes, size_t size, link_frame *frame) {
    size = cobs_decode(bytes, size);
    if (size < LINK_HEADER + CRC_SIZE || size > LINK_MAX_FRAME || is_text(bytes[0])) return false;
    size -= CRC_SIZE;
    if (link_crc16(bytes, size) != u16(bytes + size)) return false;
    *frame = (link_frame){.type = bytes[0],
                          .stream = bytes[1],
                          .sequence = u16(bytes + 2),
                          .time_us = (uint32_t)u16(bytes + 6) << 16 | u16(bytes + 4),
                          .payload = bytes + LINK_HEADER,
                          .size = size - LINK_HEADER};
    return true;
}

// What stands between two zero bytes: nothing, text, a frame or damage.
static bool end_chunk(link_decoder *d, link_frame *frame) {
    size_t size = d->filled;
    bool text = d->text, overflow = d->overflow;
    d->filled = 0;
    d->text = true;
    d->overflow = false;
    if (text) return false;
    if (!overflow && parse(d->buffer, size, frame)) {
        d->frames++;
        return true;
    }
    d->errors++;
    return false;
}

bool link_decode(link_decoder *d, uint8_t byte, link_frame *frame) {
    if (byte == 0) return end_chunk(d, frame);
    d->text = d->text && is_text(byte);
    if (d->filled < sizeof d->buffer)
        d->buffer[d->filled++] = byte;
    else
        d->overflow = true;
    return false;
}
