// The decoder of lib/huffman for Python.
#include "huffman/huffman.h"

int unpack(const uint8_t *packed, size_t size, uint8_t *out);

int unpack(const uint8_t *packed, size_t size, uint8_t *out) {
    huffman_reader reader;
    const huffman_status status = huffman_open(&reader, packed, size);
    return (int)(status == HUFFMAN_OK ? huffman_unpack(&reader, out) : status);
}
