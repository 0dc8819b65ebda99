#include "image/image.h"

#include "format.h"

#include <string.h>

static const image *running; // the steps of an nn_model are told the layer alone

static void run_layer(uint16_t layer) {
    const uint16_t *first = (const uint16_t *)ENTRIES(running->bytes, first) + layer;
    const call_entry *call = (const call_entry *)ENTRIES(running->bytes, calls) + first[0];
    for (uint16_t calls = (uint16_t)(first[1] - first[0]); calls; calls--, call++)
        running->kernel[call->kernel]->run(call->operand, running->base);
}

static uint8_t *at(const image *m, uint32_t place) {
    return m->base[IMAGE_REGION(place)] + IMAGE_OFFSET(place);
}

static void reset_state(void) {
    const reset_entry *entry = (const reset_entry *)ENTRIES(running->bytes, resets);
    for (uint32_t i = 0; i < HEAD(running->bytes)->resets.count; i++, entry++) {
        uint8_t *to = at(running, entry->place);
        for (uint32_t element = 0; element < entry->count; element++, to += entry->width)
            memcpy(to, &entry->value, entry->width); // little-endian: the low bytes of the value
    }
}

static const void *symbol(const image_firmware *firmware, uint32_t id) {
    for (uint16_t i = 0; i < firmware->symbols; i++)
        if (firmware->symbol[i].id == id) return firmware->symbol[i].address;
    return NULL;
}

// Params as they are in the image, their pointers made real.
static void relocate(image *m) {
    const image_head *head = HEAD(m->bytes);
    const uint32_t *pointer = (const uint32_t *)ENTRIES(m->bytes, pointers);
    uint8_t *params = m->base[IMAGE_PARAMS];
    memcpy(params, ENTRIES(m->bytes, params), head->params.count);
    for (uint32_t i = 0; i < head->pointers.count; i++) {
        uint32_t place;
        memcpy(&place, params + pointer[i], sizeof place);
        const void *real =
            IMAGE_REGION(place) == IMAGE_SYMBOL ? symbol(m->firmware, IMAGE_OFFSET(place)) : at(m, place);
        memcpy(params + pointer[i], &real, sizeof real);
    }
    nn_model *model = (nn_model *)(void *)at(m, head->model);
    model->step = run_layer;
    model->reset = head->resets.count ? reset_state : NULL;
}

static void find_kernels(image *m) {
    const kernel_entry *wanted = (const kernel_entry *)ENTRIES(m->bytes, kernels);
    for (uint32_t i = 0; i < HEAD(m->bytes)->kernels.count; i++)
        for (uint16_t k = 0; k < m->firmware->kernels; k++)
            if (m->firmware->kernel[k]->id == wanted[i].id) m->kernel[i] = m->firmware->kernel[k];
}

bool image_open(image *m, const void *bytes, uint32_t room, const image_firmware *firmware, image_refusal *why) {
    if (!image_check(bytes, room, firmware, why)) return false;
    memset(m, 0, sizeof *m);
    m->bytes = (const uint8_t *)bytes;
    m->firmware = firmware;
    m->base[IMAGE_DATA] = (uint8_t *)(uintptr_t)ENTRIES(bytes, data); // kernels only read there: image_check
    m->base[IMAGE_PARAMS] = firmware->params;
    m->base[IMAGE_ARENA] = firmware->arena;
    m->base[IMAGE_STATE] = firmware->state;
    find_kernels(m);
    relocate(m);
    running = m;
    if (image_model(m)->reset) reset_state();
    return true;
}

const nn_model *image_model(const image *m) {
    return (const nn_model *)(const void *)at(m, HEAD(m->bytes)->model);
}

const nn_stream *image_stream(const image *m) {
    const uint32_t place = HEAD(m->bytes)->stream;
    return place ? (const nn_stream *)(const void *)at(m, place) : NULL;
}

const void *image_settings(const image *m, uint16_t id) {
    const settings_entry *entry = (const settings_entry *)ENTRIES(m->bytes, settings);
    for (uint32_t i = 0; i < HEAD(m->bytes)->settings.count; i++, entry++)
        if (entry->id == id) return at(m, entry->place);
    return NULL;
}
