#include "link/stream.h"

enum { FULL_BLOCK = 0xFF };

static void end_block(link_stream *s) {
    s->block[0] = s->count;
    s->put(s->block, s->count);
    s->count = 1;
}

static void put_byte(link_stream *s, uint8_t byte) {
    s->crc = link_crc16_next(s->crc, byte);
    if (s->count == FULL_BLOCK) end_block(s);
    if (byte)
        s->block[s->count++] = byte;
    else
        end_block(s);
}

void link_stream_bytes(link_stream *s, const void *bytes, size_t size) {
    for (const uint8_t *at = (const uint8_t *)bytes; size--; at++) put_byte(s, *at);
}

static void put_u16(link_stream *s, uint16_t value) {
    put_byte(s, (uint8_t)value);
    put_byte(s, (uint8_t)(value >> 8));
}

static void put_delimiter(link_stream *s) {
    static const uint8_t zero = 0;
    s->put(&zero, 1);
}

void link_stream_begin(link_stream *s, const link_frame *head, void (*put)(const uint8_t *bytes, size_t size)) {
    s->put = put;
    s->crc = LINK_CRC16_START;
    s->count = 1;
    put_delimiter(s);
    put_byte(s, head->type);
    put_byte(s, head->stream);
    put_u16(s, head->sequence);
    put_u16(s, (uint16_t)head->time_us);
    put_u16(s, (uint16_t)(head->time_us >> 16));
}

void link_stream_end(link_stream *s) {
    put_u16(s, s->crc);
    end_block(s);
    put_delimiter(s);
}
