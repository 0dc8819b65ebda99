// pool_cells.h: pooling for one type of activations. pool.c defines NN_SAMPLE (int8_t or int16_t) and the functions'
// names, NN_POOL, and includes this once for each; there is no include guard.

// Sum, maximum and number of the cells of one channel's window that lie in the image; y and x may be negative.
static cells NN_POOL(look)(const nn_pool *layer, const NN_SAMPLE *image, int32_t y, int32_t x, int32_t channel) {
    cells seen = {0, INT32_MIN, 0};
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

static void NN_POOL(pool)(const nn_pool *layer, const NN_SAMPLE *input, NN_SAMPLE *output, int32_t (*reduce)(cells)) {
    for (int32_t batch = 0; batch < layer->batches; batch++) {
        const NN_SAMPLE *image = input + batch * layer->in.height * layer->in.width * layer->in.channels;
        for (int32_t y = 0; y < layer->out.height; y++) {
            for (int32_t x = 0; x < layer->out.width; x++) {
                for (int32_t c = 0; c < layer->out.channels; c++) {
                    const cells seen = NN_POOL(look)(layer, image, y * layer->stride_height - layer->pad_top,
                                                     x * layer->stride_width - layer->pad_left, c);
                    *output++ = (NN_SAMPLE)nn_clamp(reduce(seen), layer->min, layer->max);
                }
            }
        }
    }
}

void NN_POOL(nn_max_pool)(const nn_pool *layer, const NN_SAMPLE *input, NN_SAMPLE *output) {
    NN_POOL(pool)(layer, input, output, largest_of);
}

void NN_POOL(nn_average_pool)(const nn_pool *layer, const NN_SAMPLE *input, NN_SAMPLE *output) {
    NN_POOL(pool)(layer, input, output, average_of);
}
