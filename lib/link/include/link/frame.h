// frame.h: frames on a serial line. COBS(type | stream | sequence | time_us | payload | CRC-16) between zero bytes.
//
// Plain text may come between frames. The decoder counts and drops a wrong frame and starts afresh at the next zero
// byte. docs/protocol.md has the exact bytes and tests/link/vectors.json the vectors for both sides.
// COBS: Cheshire and Baker, IEEE/ACM Transactions on Networking 7(2), 1999. CRC-16/IBM-3740 (0x1021, start 0xFFFF).
// No heap, no globals.
#ifndef LINK_FRAME_H
#define LINK_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef LINK_MAX_PAYLOAD
#define LINK_MAX_PAYLOAD 768 // 64..1024, session info must fit; each byte costs one in the decoder and the encoder
#endif
#define LINK_HEADER      8
#define LINK_MAX_FRAME   (LINK_HEADER + LINK_MAX_PAYLOAD + 2)
#define LINK_MAX_ENCODED (LINK_MAX_FRAME + LINK_MAX_FRAME / 254 + 1 + 2) // COBS overhead and both zero bytes

typedef struct {
    uint8_t type;      // link_type, see messages.h; below 0x20 and no tab, line feed, return or escape,
                       // which is how a frame differs from text in its second byte
    uint8_t stream;    // 0 where the type has no streams
    uint16_t sequence; // counts the frames of this type and stream; a reply carries its command's
    uint32_t time_us;  // device time of the first sample, or of sending
    const uint8_t *payload;
    size_t size; // of the payload, 0..LINK_MAX_PAYLOAD
} link_frame;

typedef struct { // fields are private but for the counters
    uint8_t buffer[LINK_MAX_ENCODED];
    size_t filled;
    bool text; // so far no byte that only a frame has
    bool overflow;
    uint32_t frames; // whole frames handed out
    uint32_t errors; // chunks between zero bytes that were neither a frame nor text
} link_decoder;

#define LINK_CRC16_START 0xFFFF
uint16_t link_crc16_next(uint16_t crc, uint8_t byte); // the CRC with one byte more
uint16_t link_crc16(const uint8_t *bytes, size_t size);

// Writes the frame with its zero bytes to `out` (LINK_MAX_ENCODED bytes); returns its length, 0 if the payload is too
// long.
size_t link_encode(const link_frame *frame, uint8_t *out);

void link_decoder_init(link_decoder *decoder);
// Takes one byte; true when it completed a frame, which stays valid until the next call.
bool link_decode(link_decoder *decoder, uint8_t byte, link_frame *frame);

#ifdef __cplusplus
}
#endif
#endif
