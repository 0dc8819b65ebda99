#include "nn/pool.h"

#include "nn/requantise.h" // nn_clamp

typedef struct {
    int32_t sum, largest, count;
} cells;

static int32_t smaller(int32_t a, int32_t b) {
    return a < b ? a : b;
}

// Sum, maximum and number of the cells of one channel's window that lie in the image; y and x may be negative.
static cells look(const nn_pool *layer, const int8_t *image, int32_t y, int32_t x, int32_t channel) {
    cells seen = {0, INT8_MIN, 0};
    const int32_t y_end = smaller(y + layer->kernel_height, layer->in.height);
    const int32_t x_end = smaller(x + layer->kernel_width, layer->in.width);
    for (int32_t in_y = y < 0 ? 0 : y; in_y < y_end; in_y++) {
        for (int32_t in_x = x < 0 ? 0 : x; in_x < x_end; in_x++) {
            const int32_t value = image[(in_y * layer->in.width + in_x) * layer->in.channels + channel];
            seen.sum += value;
            seen.largest = value > seen.largest ? value : seen.largest;
            seen.count++;
        }
    }
    return seen;
}

static int32_t largest_of(cells seen) {
    return seen.largest;
}

// Rounded half away from zero. The compiler refuses windows without a cell in the image.
static int32_t average_of(cells seen) {
    const int32_t half = seen.sum > 0 ? seen.count / 2 : -(seen.count / 2);
    return (seen.sum + half) / seen.count;
}

static void pool(const nn_pool *layer, const int8_t *input, int8_t *output, int32_t (*reduce)(cells)) {
    for (int32_t batch = 0; batch < layer->batches; batch++) {
        const int8_t *image = input + batch * layer->in.height * layer->in.width * layer->in.channels;
        for (int32_t y = 0; y < layer->out.height; y++) {
            for (int32_t x = 0; x < layer->out.width; x++) {
                for (int32_t c = 0; c < layer->out.channels; c++) {
                    const cells seen = look(layer, image, y * layer->stride_height - layer->pad_top,
                                            x * layer->stride_width - layer->pad_left, c);
                    *output++ = (int8_t)nn_clamp(reduce(seen), layer->min, layer->max);
                }
            }
        }
    }
}

void nn_max_pool(const nn_pool *layer, const int8_t *input, int8_t *output) {
    pool(layer, input, output, largest_of);
}

void nn_average_pool(const nn_pool *layer, const int8_t *input, int8_t *output) {
    pool(layer, input, output, average_of);
}
