// mean_sums.h: means for one type of activations. mean.c defines NN_SAMPLE (int8_t or int16_t), its limits and the
// functions' names, NN_MEAN, and includes this once for each; there is no include guard.

static int32_t NN_MEAN(sum_of)(const nn_mean_params *layer, const NN_SAMPLE *input, int32_t step_1, int32_t step_0) {
    int32_t sum = 0;
    for (uint32_t i = layer->reduced[0]; i > 0; i--, input += step_0) {
        const NN_SAMPLE *x = input;
        for (uint32_t j = layer->reduced[1]; j > 0; j--, x += step_1) sum += *x;
    }
    return sum;
}

void NN_MEAN(nn_mean)(const nn_mean_params *layer, const NN_SAMPLE *input, NN_SAMPLE *output) {
    const int32_t step_1 = layer->kept[2];
    const int32_t middle = step_1 * layer->reduced[1];
    const int32_t step_0 = middle * layer->kept[1];
    for (int32_t a = 0; a < layer->kept[0]; a++) {
        for (int32_t b = 0; b < layer->kept[1]; b++) {
            for (int32_t c = 0; c < layer->kept[2]; c++) {
                const NN_SAMPLE *first = input + a * step_0 * layer->reduced[0] + b * middle + c;
                const int32_t sum = NN_MEAN(sum_of)(layer, first, step_1, step_0) + layer->offset;
                const int32_t mean = nn_rescale(sum, layer->multiplier, layer->shift, layer->output_zero);
                *output++ = (NN_SAMPLE)nn_clamp(mean, NN_SAMPLE_MIN, NN_SAMPLE_MAX);
            }
        }
    }
}
