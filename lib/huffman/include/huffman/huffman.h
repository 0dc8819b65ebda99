// Unpacks bytes that ml/compress/huffman.py packed: a model's constants or a .tflite in transit.
//
//   huffman_reader reader;
//   if (huffman_open(&reader, packed, packed_size) != HUFFMAN_OK) ...
//   if (reader.size > sizeof buffer) ...                    // what it will become
//   if (huffman_unpack(&reader, buffer) != HUFFMAN_OK) ...  // buffer holds reader.size bytes
//
// The packed bytes are not trusted: nothing is read or written outside of them and of the buffer, whatever they say.
//
// Layout, numbers little-endian: "THUF", uint32 size, uint32 CRC-32 (IEEE 802.3) of the bytes, 128 bytes with the
// lengths of the 256 symbols' codes (4 bits each, the even symbol in the lower half, 0: does not occur), then the
// codes, each from its highest bit on, filled up with zeros to a whole byte. Codes are canonical: shorter ones first,
// equally long ones in the order of their symbols (D. A. Huffman, 1952; E. S. Schwartz and B. Kallick, 1964).
#ifndef HUFFMAN_HUFFMAN_H
#define HUFFMAN_HUFFMAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HUFFMAN_HEADER  140 // bytes before the codes
#define HUFFMAN_LONGEST 15  // bits of a code

typedef enum {
    HUFFMAN_OK,
    HUFFMAN_NOT_PACKED, // too short, or other bytes at its start
    HUFFMAN_BAD_CODE,   // lengths of which no code can be made, or a code that none of them has
    HUFFMAN_CUT,        // the codes end before the last byte
    HUFFMAN_LONGER,     // more bytes than the codes need
    HUFFMAN_CHANGED,    // another CRC-32
} huffman_status;

typedef struct {
    const uint8_t *codes;
    size_t left;   // bytes of codes
    uint32_t size; // bytes that they become
    uint32_t crc;
    uint16_t limit[HUFFMAN_LONGEST + 2]; // of each length the first 15 bits that are no code of it or of a shorter one
    uint16_t first[HUFFMAN_LONGEST + 1]; // of each length the first code
    uint16_t place[HUFFMAN_LONGEST + 1]; // of its symbol in `symbols`
    uint8_t symbols[256];
    uint8_t shortest;
} huffman_reader;

// Reads the header. `packed` must stay where it is until it is unpacked.
huffman_status huffman_open(huffman_reader *reader, const uint8_t *packed, size_t size);

// Writes reader->size bytes. In case of an error some of them may be written, and none is to be trusted.
huffman_status huffman_unpack(const huffman_reader *reader, uint8_t *out);

#ifdef __cplusplus
}
#endif

#endif
