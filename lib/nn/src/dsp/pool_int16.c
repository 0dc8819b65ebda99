// Pooling on int16 with channels as the innermost loop: four at a time, without a question of edges for each.
#include "nn/packed_int16.h"
#include "nn/requantise.h" // nn_clamp

// The cells of a window that lie inside the image.
typedef struct {
    const int16_t *first;
    uint32_t rows, columns;
    uint32_t depth, pitch; // elements to the next column, to the next row
} cells;

static void sums_of_four(const cells *seen, int32_t made[4]) {
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    const int16_t *row = seen->first;
    for (uint32_t y = seen->rows; y > 0; y--, row += seen->pitch) {
        const int16_t *x = row;
        for (uint32_t left = seen->columns; left > 0; left--, x += seen->depth) {
            s0 += x[0];
            s1 += x[1];
            s2 += x[2];
            s3 += x[3];
        }
    }
    made[0] = s0, made[1] = s1, made[2] = s2, made[3] = s3;
}

static inline int32_t larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

static void largest_of_four(const cells *seen, int32_t made[4]) {
    int32_t s0 = INT16_MIN, s1 = INT16_MIN, s2 = INT16_MIN, s3 = INT16_MIN;
    const int16_t *row = seen->first;
    for (uint32_t y = seen->rows; y > 0; y--, row += seen->pitch) {
        const int16_t *x = row;
        for (uint32_t left = seen->columns; left > 0; left--, x += seen->depth) {
            s0 = larger(s0, x[0]);
            s1 = larger(s1, x[1]);
            s2 = larger(s2, x[2]);
            s3 = larger(s3, x[3]);
        }
    }
    made[0] = s0, made[1] = s1, made[2] = s2, made[3] = s3;
}

static int32_t largest_of_one(const cells *seen) {
    int32_t most = INT16_MIN;
    const int16_t *row = seen->first;
    for (uint32_t y = seen->rows; y > 0; y--, row += seen->pitch) {
        for (uint32_t i = 0; i < seen->columns; i++) most = larger(most, row[i * seen->depth]);
    }
    return most;
}

static int32_t sum_of_one(const cells *seen) {
    int32_t sum = 0;
    const int16_t *row = seen->first;
    for (uint32_t y = seen->rows; y > 0; y--, row += seen->pitch) {
        for (uint32_t i = 0; i < seen->columns; i++) sum += row[i * seen->depth];
    }
    return sum;
}

// Rounded half away from zero.
static int32_t average(int32_t sum, int32_t count) {
    return (sum + (sum > 0 ? count / 2 : -(count / 2))) / count;
}

static int16_t finish(const nn_pool *layer, int32_t value, int32_t count) {
    return (int16_t)nn_clamp(count ? average(value, count) : value, layer->min, layer->max);
}

// All channels of one window; `averages` chooses between the two kinds.
static void window(const nn_pool *layer, cells seen, int averages, int16_t *output) {
    const int32_t count = averages ? (int32_t)(seen.rows * seen.columns) : 0;
    uint32_t c = 0;
    for (; c + 4 <= layer->in.channels; c += 4, seen.first += 4) {
        int32_t made[4];
        if (averages) {
            sums_of_four(&seen, made);
        } else {
            largest_of_four(&seen, made);
        }
        for (uint32_t i = 0; i < 4; i++) output[c + i] = finish(layer, made[i], count);
    }
    for (; c < layer->in.channels; c++, seen.first++) {
        output[c] = finish(layer, averages ? sum_of_one(&seen) : largest_of_one(&seen), count);
    }
}

static int32_t smaller(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static void pool(const nn_pool *layer, const int16_t *input, int16_t *output, int averages) {
    const uint32_t depth = layer->in.channels, pitch = depth * layer->in.width;
    for (uint32_t batch = 0; batch < layer->batches; batch++, input += layer->in.height * pitch) {
        for (int32_t row = 0; row < layer->out.height; row++) {
            const int32_t y = row * layer->stride_height - layer->pad_top;
            const int32_t top = y < 0 ? 0 : y, bottom = smaller(y + layer->kernel_height, layer->in.height);
            for (int32_t column = 0; column < layer->out.width; column++, output += depth) {
                const int32_t x = column * layer->stride_width - layer->pad_left;
                const int32_t left = x < 0 ? 0 : x, right = smaller(x + layer->kernel_width, layer->in.width);
                const cells seen = {input + (uint32_t)top * pitch + (uint32_t)left * depth, (uint32_t)(bottom - top),
                                    (uint32_t)(right - left), depth, pitch};
                window(layer, seen, averages, output);
            }
        }
    }
}

void nn_max_pool_int16_packed(const nn_pool *layer, const int16_t *input, int16_t *output) {
    pool(layer, input, output, 0);
}

void nn_average_pool_int16_packed(const nn_pool *layer, const int16_t *input, int16_t *output) {
    pool(layer, input, output, 1);
}
