// One stage at a time, so that a host can compare every byte in between with what it computed itself.
#include "board/board.h"
#include "core.h"

#include <string.h>

static void answer_crc(service_command *c, uint32_t crc, uint32_t second) {
    c->answered = put_u32(c->answer, crc);
    c->answered += put_u32(c->answer + c->answered, second);
}

uint8_t service_run_frontend(service_command *c) {
    const nn_model *model = service.config->model;
    if (!model || !service.config->window) return LINK_UNSUPPORTED;
    if (!service_has_window()) return LINK_NOT_NOW;
    uint32_t start = board_cycles();
    service.config->window(model->input);
    uint32_t cycles = board_cycles() - start;
    answer_crc(c, nn_crc32(model->input, model->input_size), cycles);
    return LINK_OK;
}

uint8_t service_run_layer(service_command *c) {
    const nn_model *model = service.config->model;
    uint16_t layer = get_u16(c->args);
    if (!model) return LINK_UNSUPPORTED;
    if (layer >= model->layers) return LINK_BAD_ARGUMENT;
    if (model->reset && !service_injecting()) return LINK_NOT_NOW; // it would change what the model has heard
    uint32_t start = board_cycles();
    model->step(layer);
    uint32_t cycles = board_cycles() - start;
    answer_crc(c, nn_crc32(model->layer[layer].data, model->layer[layer].size), cycles);
    return LINK_OK;
}

uint8_t service_read_tensor(service_command *c) {
    const nn_model *model = service.config->model;
    uint16_t layer = get_u16(c->args), count = get_u16(c->args + 6);
    uint32_t offset = get_u32(c->args + 2);
    if (!model) return LINK_UNSUPPORTED;
    if (layer != LINK_MODEL_INPUT && layer >= model->layers) return LINK_BAD_ARGUMENT;
    const int8_t *data = layer == LINK_MODEL_INPUT ? model->input : model->layer[layer].data;
    uint32_t size = layer == LINK_MODEL_INPUT ? model->input_size : model->layer[layer].size;
    if (count > ANSWER_ROOM || !inside(offset, count, size)) return LINK_BAD_ARGUMENT;
    memcpy(c->answer, data + offset, count);
    c->answered = count;
    return LINK_OK;
}

uint8_t service_write_input(service_command *c) {
    const nn_model *model = service.config->model;
    uint32_t offset = get_u32(c->args);
    size_t count = c->size - 4;
    if (!model) return LINK_UNSUPPORTED;
    if (!inside(offset, count, model->input_size)) return LINK_BAD_ARGUMENT;
    memcpy(model->input + offset, c->args + 4, count);
    return LINK_OK;
}

uint8_t service_self_test(service_command *c) {
    const nn_model *model = service.config->model;
    if (!model) return LINK_UNSUPPORTED;
    if (model->reset) model->reset();
    nn_fixed_input(model);
    nn_run(model);
    answer_crc(c, nn_crc32(model->output, model->output_size), model->check);
    if (model->reset) service_start_afresh(); // what it had heard is gone
    return LINK_OK;
}
