#include "nn/model.h"

static void start(const nn_model *model) {
    if (model->reset) model->reset();
}

#ifndef NN_RUN_BY_ENGINE // lib/engine_tflm has its own: an interpreter runs all layers at once
void nn_run(const nn_model *model) {
    for (uint16_t layer = 0; layer < model->layers; layer++) model->step(layer);
}
#endif

uint32_t nn_crc32(const void *bytes, uint32_t size) {
    const uint8_t *byte = (const uint8_t *)bytes;
    uint32_t crc = UINT32_MAX;
    while (size--) {
        crc ^= *byte++;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (UINT32_C(0xEDB88320) & (0u - (crc & 1u)));
    }
    return ~crc;
}

uint32_t nn_fill_input(const nn_model *model, uint32_t seed) {
    for (uint32_t i = 0; i < model->input_size; i++) {
        seed = seed * UINT32_C(1664525) + UINT32_C(1013904223);
        model->input[i] = (int8_t)(uint8_t)(seed >> 24);
    }
    return seed;
}

void nn_fixed_input(const nn_model *model) {
    nn_fill_input(model, NN_FIXED_SEED);
}

bool nn_self_test(const nn_model *model) {
    start(model);
    nn_fixed_input(model);
    nn_run(model);
    const bool same = nn_crc32(model->output, model->output_size) == model->check;
    start(model);
    return same;
}
