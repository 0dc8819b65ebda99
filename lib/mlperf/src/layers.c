#include "layers.h"

#include "buffer.h"
#include "lines.h"
#include "tensors.h"

#include <string.h>

static uint32_t next; // the only layer that may run now, besides the first

void model_command(const mlperf_config *c) {
    put_text("m-hash-[");
    put_text(c->model->hash);
    put_text("]\r\nm-layers-");
    put_number(c->model->layers);
    put_text("\r\nm-input-");
    put_number((uint32_t)c->input);
    put_text("\r\n");
}

static void tell(uint32_t number, const nn_layer *layer) {
    const uint32_t crc = nn_crc32(layer->data, layer->size);
    put_text("m-layer-");
    put_number(number);
    put_text("-");
    put_number(layer->size);
    put_text("-");
    for (int shift = 24; shift >= 0; shift -= 8) put_hex((uint8_t)(crc >> shift));
    put_text("\r\n");
}

void layer_command(const mlperf_config *c, const char *number) {
    uint32_t layer;
    if (!number || !whole_number(number, &layer) || layer >= c->model->layers)
        return put_limit("Expected a layer from ", 0, " to ", c->model->layers - 1u);
    if (buffer_loaded() != c->buffer_size)
        return put_limit("Input db has ", buffer_loaded(), " bytes, expected ", c->buffer_size);
    if (layer && layer != next) return put_limit("Expected layer 0 or ", next, ", found ", layer);
    if (!layer) {
        load_input(c);
        if (c->model->reset) c->model->reset();
        memcpy(c->model->input, c->loaded, c->model->input_size);
    }
    c->model->step((uint16_t)layer);
    next = layer + 1;
    tell(layer, &c->model->layer[layer]);
}
