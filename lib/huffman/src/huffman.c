#include "huffman/huffman.h"

#include <string.h>

static uint32_t word(const uint8_t *at) {
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static unsigned length_of(const uint8_t *lengths, unsigned symbol) {
    return (unsigned)lengths[symbol / 2] >> symbol % 2 * 4 & 15;
}

// Codes of each length and their symbols, in the canonical order; false where the lengths leave codes over or ask for
// too many. One symbol alone has a code of one bit, and the other half of the codes is nobody's.
static int order(huffman_reader *reader, const uint8_t *lengths) {
    uint16_t count[HUFFMAN_LONGEST + 1] = {0};
    for (unsigned symbol = 0; symbol < 256; symbol++) count[length_of(lengths, symbol)]++;
    uint32_t code = 0;
    uint16_t place = 0;
    reader->shortest = 0;
    for (unsigned length = 1; length <= HUFFMAN_LONGEST; length++) {
        code <<= 1;
        reader->first[length] = (uint16_t)code;
        reader->place[length] = place;
        code += count[length];
        place = (uint16_t)(place + count[length]);
        if (code > 1u << length) return 0;
        reader->limit[length] = (uint16_t)(code << (HUFFMAN_LONGEST - length));
        if (!reader->shortest && count[length]) reader->shortest = (uint8_t)length;
    }
    if (place > 1 && code != 1u << HUFFMAN_LONGEST) return 0;
    for (unsigned length = 1, next = 0; length <= HUFFMAN_LONGEST; length++)
        for (unsigned symbol = 0; symbol < 256; symbol++)
            if (length_of(lengths, symbol) == length) reader->symbols[next++] = (uint8_t)symbol;
    return place > 0 || reader->size == 0;
}

huffman_status huffman_open(huffman_reader *reader, const uint8_t *packed, size_t size) {
    if (size < HUFFMAN_HEADER || memcmp(packed, "THUF", 4) != 0) return HUFFMAN_NOT_PACKED;
    reader->size = word(packed + 4);
    reader->crc = word(packed + 8);
    reader->codes = packed + HUFFMAN_HEADER;
    reader->left = size - HUFFMAN_HEADER;
    return order(reader, packed + 12) ? HUFFMAN_OK : HUFFMAN_BAD_CODE;
}

// Four bits at a time: 64 bytes of table.
static uint32_t crc_of(uint32_t crc, uint8_t byte) {
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    crc ^= byte;
    crc = crc >> 4 ^ table[crc & 15];
    return crc >> 4 ^ table[crc & 15];
}

huffman_status huffman_unpack(const huffman_reader *reader, uint8_t *out) {
    const uint8_t *at = reader->codes, *end = at + reader->left;
    uint32_t bits = 0, crc = 0xffffffffu; // `have` bits of the stream, the next one highest of them
    unsigned have = 0;
    for (uint32_t made = 0; made < reader->size; made++) {
        for (; have < HUFFMAN_LONGEST && at < end; have += 8) bits = bits << 8 | *at++;
        uint32_t next = have >= HUFFMAN_LONGEST ? bits >> (have - HUFFMAN_LONGEST) : bits << (HUFFMAN_LONGEST - have);
        next &= (1u << HUFFMAN_LONGEST) - 1;
        unsigned length = reader->shortest;
        while (length <= HUFFMAN_LONGEST && next >= reader->limit[length]) length++;
        if (length > HUFFMAN_LONGEST) return HUFFMAN_BAD_CODE;
        if (length > have) return HUFFMAN_CUT;
        have -= length;
        const uint32_t code = next >> (HUFFMAN_LONGEST - length);
        out[made] = reader->symbols[reader->place[length] + code - reader->first[length]];
        crc = crc_of(crc, out[made]);
    }
    if (at != end || have >= 8) return HUFFMAN_LONGER;
    return (crc ^ 0xffffffffu) == reader->crc ? HUFFMAN_OK : HUFFMAN_CHANGED;
}
