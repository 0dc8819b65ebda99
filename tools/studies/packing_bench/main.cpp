// What it costs to unpack bytes (lib/huffman): instructions for the weights in packed.h, and for the same bytes copied.
#include <string.h>

#include "../bench_line.h"
#include "board/board.h"
#include "huffman/huffman.h"
#include "packed.h" // whole_packed, few_packed, SIZE

static uint8_t out[SIZE];

static void measure(const char *name, const uint8_t *packed, size_t size) {
    huffman_reader reader;
    const uint32_t start = board_cycles();
    huffman_status status = huffman_open(&reader, packed, size);
    if (status == HUFFMAN_OK) status = huffman_unpack(&reader, out);
    const uint32_t cost = board_cycles() - start;
    bench_put(name, status == HUFFMAN_OK ? cost : 0);
}

void setup() {
    measure("packing whole ", whole_packed, sizeof whole_packed);
    measure(" few ", few_packed, sizeof few_packed);
    bench_put(" reader ", sizeof(huffman_reader));
    bench_end();
}

void loop() {
    bench_send();
}
