// The average over a whole image: four channels at a time, no question of edges.
#include "nn/pool.h"
#include "nn/requantise.h" // nn_clamp

static int8_t average(const nn_pool *layer, int32_t sum, int32_t count) {
    const int32_t half = sum > 0 ? count / 2 : -(count / 2); // rounded half away from zero
    return (int8_t)nn_clamp((sum + half) / count, layer->min, layer->max);
}

static void four(const nn_pool *layer, const int8_t *image, int32_t count, uint32_t depth, int8_t *output) {
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    for (int32_t left = count; left > 0; left--, image += depth) {
        s0 += image[0];
        s1 += image[1];
        s2 += image[2];
        s3 += image[3];
    }
    output[0] = average(layer, s0, count);
    output[1] = average(layer, s1, count);
    output[2] = average(layer, s2, count);
    output[3] = average(layer, s3, count);
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
