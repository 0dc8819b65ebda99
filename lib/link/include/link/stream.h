// stream.h: encodes a frame while its payload is being made, for a processor that has no room for a whole one. A block
// of COBS is all that is kept: 255 bytes, however long the payload. No heap, no globals.
#ifndef LINK_STREAM_H
#define LINK_STREAM_H

#include "link/frame.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {                                    // fields are private
    void (*put)(const uint8_t *bytes, size_t size); // takes all of them
    uint16_t crc;
    uint8_t count; // bytes of the block, its first one included
    uint8_t block[255];
} link_stream;

// `head` has no payload; what follows it comes by link_stream_bytes.
void link_stream_begin(link_stream *s, const link_frame *head, void (*put)(const uint8_t *bytes, size_t size));
void link_stream_bytes(link_stream *s, const void *bytes, size_t size);
void link_stream_end(link_stream *s);

#ifdef __cplusplus
}
#endif
#endif
