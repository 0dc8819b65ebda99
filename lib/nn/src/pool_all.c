// The average over a whole image: four channels at a time, no question of edges.
#include "dsp/dot.h" // NN_DSP
#include "nn/pool.h"
#include "nn/requantise.h" // nn_clamp
#include <string.h>

static int8_t average(const nn_pool *layer, int32_t sum, int32_t count) {
    const int32_t half = sum > 0 ? count / 2 : -(count / 2); // rounded half away from zero
    return (int8_t)nn_clamp((sum + half) / count, layer->min, layer->max);
}

#define HALF_WORD_CELLS 255 // whose sum 16 bits hold

// Adds `count` cells of four channels, `depth` bytes apart, to their sums; at most HALF_WORD_CELLS.
#if NN_DSP
static void add_cells(const int8_t *image, uint32_t count, uint32_t depth, int32_t sums[4]) {
    uint32_t even = 0, odd = 0, word;
    for (; count > 0; count--, image += depth) {
        memcpy(&word, image, sizeof word);
        __asm__("sxtab16 %0, %0, %1" : "+r"(even) : "r"(word));
        __asm__("sxtab16 %0, %0, %1, ror #8" : "+r"(odd) : "r"(word));
    }
    sums[0] += (int16_t)(even & 0xFFFF);
    sums[1] += (int16_t)(odd & 0xFFFF);
    sums[2] += (int16_t)(even >> 16);
    sums[3] += (int16_t)(odd >> 16);
}
#else
static void add_cells(const int8_t *image, uint32_t count, uint32_t depth, int32_t sums[4]) {
    for (; count > 0; count--, image += depth) {
        for (int c = 0; c < 4; c++) sums[c] += image[c];
    }
}
#endif

static void four(const nn_pool *layer, const int8_t *image, int32_t count, uint32_t depth, int8_t *output) {
    int32_t sums[4] = {0, 0, 0, 0};
    for (uint32_t left = (uint32_t)count, cells; left > 0; left -= cells, image += cells * depth) {
        cells = left < HALF_WORD_CELLS ? left : HALF_WORD_CELLS;
        add_cells(image, cells, depth, sums);
    }
    for (int c = 0; c < 4; c++) output[c] = average(layer, sums[c], count);
}

static void one(const nn_pool *layer, const int8_t *image, int32_t count, uint32_t depth, int8_t *output) {
    int32_t sum = 0;
    for (int32_t left = count; left > 0; left--, image += depth) sum += *image;
    *output = average(layer, sum, count);
}

void nn_average_pool_all(const nn_pool *layer, const int8_t *input, int8_t *output) {
    const uint32_t depth = layer->in.channels;
    const int32_t count = (int32_t)layer->in.height * layer->in.width;
    for (uint32_t batch = 0; batch < layer->batches; batch++, input += (uint32_t)count * depth, output += depth) {
        uint32_t c = 0;
        for (; c + 4 <= depth; c += 4) four(layer, input + c, count, depth, output + c);
        for (; c < depth; c++) one(layer, input + c, count, depth, output + c);
    }
}
