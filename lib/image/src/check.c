// What an image must be before any of it is used. Every place is looked up against the section that it points into.
#include "format.h"
#include "image/settings.h"

#include <stddef.h>
#include <string.h>

typedef struct {
    const uint8_t *bytes;
    const image_head *head;
    const image_firmware *firmware;
    image_refusal *why;
} checked;

static bool refuse(const checked *c, image_reason reason, uint32_t needs, uint32_t has) {
    *c->why = (image_refusal){reason, needs, has};
    return false;
}

static bool damaged(const checked *c, image_reason reason) {
    return refuse(c, reason, 0, 0);
}

static bool enough(const checked *c, image_reason reason, uint32_t needs, uint32_t has) {
    return needs <= has || refuse(c, reason, needs, has);
}

// `count` elements of `size` bytes begin at `offset` and end within `room`.
static bool within(uint32_t offset, uint64_t count, uint32_t size, uint32_t room) {
    return offset <= room && count * size <= room - offset;
}

static uint32_t room_of(const checked *c, uint32_t region) {
    switch (region) {
    case IMAGE_DATA:
        return c->head->data.count;
    case IMAGE_PARAMS:
        return c->head->params.count;
    case IMAGE_ARENA:
        return c->head->arena;
    case IMAGE_STATE:
        return c->head->state;
    default:
        return 0;
    }
}

// `size` bytes at a place in one of the regions, a bit each, on a multiple of `align`.
static bool lies(const checked *c, uint32_t place, uint32_t size, uint32_t align, uint32_t regions) {
    const uint32_t region = IMAGE_REGION(place), offset = IMAGE_OFFSET(place);
    return (regions >> region & 1u) && offset % align == 0 && within(offset, 1, size, room_of(c, region));
}

enum {
    CONSTANT = 1u << IMAGE_DATA,
    RELOCATED = 1u << IMAGE_PARAMS,
    STRUCTS = CONSTANT | RELOCATED,
    TENSORS = 1u << IMAGE_ARENA | 1u << IMAGE_STATE,
    WORD = 4
};

static bool part(const checked *c, section s, uint32_t size, uint32_t align) {
    return s.at >= sizeof(image_head) && s.at % align == 0 && within(s.at, s.count, size, c->head->size);
}

static bool check_head(const checked *c, uint32_t room) {
    const image_head *head = c->head;
    if ((uintptr_t)c->bytes % 8) return damaged(c, IMAGE_WRONG_UNALIGNED);
    if (room < sizeof *head || memcmp(head->magic, "TMBI", 4) != 0) return damaged(c, IMAGE_WRONG_NONE);
    if (head->version != FORMAT_VERSION) return refuse(c, IMAGE_WRONG_FORMAT, head->version, FORMAT_VERSION);
    if (head->pointer != sizeof(void *)) return refuse(c, IMAGE_WRONG_POINTER, head->pointer, sizeof(void *));
    if (head->size < sizeof *head) return damaged(c, IMAGE_WRONG_SHORT);
    if (!enough(c, IMAGE_WRONG_LONG, head->size, room)) return false;
    if (nn_crc32(c->bytes + CRC_FROM, head->size - CRC_FROM) != head->crc) return damaged(c, IMAGE_WRONG_CHECKSUM);
    return true;
}

static bool check_sections(const checked *c) {
    const image_head *head = c->head;
    return (part(c, head->kernels, sizeof(kernel_entry), WORD) && part(c, head->calls, sizeof(call_entry), WORD) &&
            part(c, head->first, sizeof(uint16_t), WORD) && part(c, head->resets, sizeof(reset_entry), WORD) &&
            part(c, head->settings, sizeof(settings_entry), WORD) && part(c, head->pointers, WORD, WORD) &&
            part(c, head->params, 1, 8) && part(c, head->data, 1, 8)) ||
           damaged(c, IMAGE_WRONG_SECTION);
}

static bool check_needs(const checked *c) {
    const image_firmware *has = c->firmware;
    return enough(c, IMAGE_WRONG_ARENA, c->head->arena, has->arena_size) &&
           enough(c, IMAGE_WRONG_STATE, c->head->state, has->state_size) &&
           enough(c, IMAGE_WRONG_PARAMS, c->head->params.count, has->params_size) &&
           enough(c, IMAGE_WRONG_WINDOW, c->head->window, has->window) &&
           enough(c, IMAGE_WRONG_KERNELS, c->head->kernels.count, IMAGE_MAX_KERNELS);
}

static const image_kernel *kernel_of(const checked *c, uint32_t index) {
    const kernel_entry *wanted = (const kernel_entry *)ENTRIES(c->bytes, kernels) + index;
    for (uint16_t k = 0; k < c->firmware->kernels; k++)
        if (c->firmware->kernel[k]->id == wanted->id) return c->firmware->kernel[k];
    return NULL;
}

static bool check_kernels(const checked *c) {
    const kernel_entry *wanted = (const kernel_entry *)ENTRIES(c->bytes, kernels);
    for (uint32_t i = 0; i < c->head->kernels.count; i++) {
        const image_kernel *kernel = kernel_of(c, i);
        if (!kernel) return refuse(c, IMAGE_WRONG_KERNEL, wanted[i].id, 0);
        if (kernel->version != wanted[i].version)
            return refuse(c, IMAGE_WRONG_KERNEL_VERSION, wanted[i].version, kernel->version);
    }
    return true;
}

// The place that a pointer of the parameters holds; 0 if the image does not list a pointer there.
static uint32_t pointer_at(const checked *c, uint32_t offset) {
    const uint32_t *listed = (const uint32_t *)ENTRIES(c->bytes, pointers);
    uint32_t low = 0, high = c->head->pointers.count, place;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (listed[middle] < offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == c->head->pointers.count || listed[low] != offset) return 0;
    memcpy(&place, (const uint8_t *)ENTRIES(c->bytes, params) + offset, sizeof place);
    return place;
}

static bool has_symbol(const checked *c, uint32_t id) {
    for (uint16_t i = 0; i < c->firmware->symbols; i++)
        if (c->firmware->symbol[i].id == id) return true;
    return refuse(c, IMAGE_WRONG_TRANSFORM, id, 0);
}

static bool check_pointers(const checked *c) {
    const uint32_t *listed = (const uint32_t *)ENTRIES(c->bytes, pointers);
    for (uint32_t i = 0; i < c->head->pointers.count; i++) {
        if (listed[i] % sizeof(void *) || !within(listed[i], 1, sizeof(void *), c->head->params.count) ||
            (i && listed[i] < listed[i - 1] + sizeof(void *)))
            return damaged(c, IMAGE_WRONG_POINTER_PLACE);
        const uint32_t place = pointer_at(c, listed[i]);
        if (IMAGE_REGION(place) == IMAGE_SYMBOL) {
            if (!has_symbol(c, IMAGE_OFFSET(place))) return false;
        } else if (!lies(c, place, 1, 1, STRUCTS | TENSORS)) {
            return damaged(c, IMAGE_WRONG_POINTER_TARGET);
        }
    }
    return true;
}

// Every pointer of a struct is listed, or NULL, so that none is used as it came.
static bool check_struct(const checked *c, uint32_t place, uint32_t size, uint32_t pointers) {
    if (!lies(c, place, size, WORD, STRUCTS)) return damaged(c, IMAGE_WRONG_STRUCT);
    if (pointers && (IMAGE_REGION(place) != IMAGE_PARAMS || IMAGE_OFFSET(place) % sizeof(void *)))
        return damaged(c, IMAGE_WRONG_STRUCT_PLACE);
    const uint8_t *params = (const uint8_t *)ENTRIES(c->bytes, params);
    for (uint32_t word = 0; word < 32; word++) {
        const uint32_t offset = IMAGE_OFFSET(place) + word * (uint32_t)sizeof(void *);
        uintptr_t raw;
        if (!(pointers >> word & 1u) || pointer_at(c, offset)) continue;
        memcpy(&raw, params + offset, sizeof raw);
        if (raw) return damaged(c, IMAGE_WRONG_UNLISTED);
    }
    return true;
}

static bool text(const checked *c, uint32_t offset) {
    const uint32_t place = pointer_at(c, offset);
    if (!lies(c, place, 1, 1, CONSTANT)) return damaged(c, IMAGE_WRONG_NAME);
    const uint8_t *from = (const uint8_t *)ENTRIES(c->bytes, data) + IMAGE_OFFSET(place);
    return memchr(from, 0, c->head->data.count - IMAGE_OFFSET(place)) || damaged(c, IMAGE_WRONG_NAME_END);
}

static bool tensor(const checked *c, uint32_t offset, uint32_t size) {
    return lies(c, pointer_at(c, offset), size, 1, TENSORS) || damaged(c, IMAGE_WRONG_TENSOR);
}

static bool check_layers(const checked *c, const nn_model *model, uint32_t table) {
    const uint32_t place = pointer_at(c, table);
    if (!lies(c, place, model->layers * (uint32_t)sizeof(nn_layer), sizeof(void *), RELOCATED))
        return damaged(c, IMAGE_WRONG_LAYERS);
    for (uint32_t i = 0; i < model->layers; i++) {
        nn_layer layer;
        const uint32_t at = IMAGE_OFFSET(place) + i * (uint32_t)sizeof layer;
        memcpy(&layer, (const uint8_t *)ENTRIES(c->bytes, params) + at, sizeof layer);
        if (!text(c, at + (uint32_t)offsetof(nn_layer, name)) ||
            !tensor(c, at + (uint32_t)offsetof(nn_layer, data), layer.size))
            return false;
    }
    return true;
}

static bool check_labels(const checked *c, const nn_model *model, uint32_t table) {
    const uint32_t place = pointer_at(c, table);
    if (!model->classes && !place)
        return check_struct(c, c->head->model, sizeof *model, POINTER_WORD(offsetof(nn_model, label)));
    if (!lies(c, place, model->classes * (uint32_t)sizeof(void *), sizeof(void *), RELOCATED))
        return damaged(c, IMAGE_WRONG_LABELS);
    for (uint32_t i = 0; i < model->classes; i++)
        if (!text(c, IMAGE_OFFSET(place) + i * (uint32_t)sizeof(void *))) return false;
    return true;
}

static bool check_model(const checked *c) {
    nn_model model;
    const uint32_t place = c->head->model, at = IMAGE_OFFSET(place);
    if (!lies(c, place, sizeof model, sizeof(void *), RELOCATED)) return damaged(c, IMAGE_WRONG_MODEL);
    memcpy(&model, (const uint8_t *)ENTRIES(c->bytes, params) + at, sizeof model);
    if (model.arena_size != c->head->arena || model.input_size > c->head->window ||
        pointer_at(c, at + (uint32_t)offsetof(nn_model, arena)) != (uint32_t)IMAGE_ARENA << 29)
        return damaged(c, IMAGE_WRONG_SIZES);
    return text(c, at + (uint32_t)offsetof(nn_model, name)) && text(c, at + (uint32_t)offsetof(nn_model, hash)) &&
           text(c, at + (uint32_t)offsetof(nn_model, data_hash)) &&
           tensor(c, at + (uint32_t)offsetof(nn_model, input), model.input_size) &&
           tensor(c, at + (uint32_t)offsetof(nn_model, output), model.output_size) &&
           check_layers(c, &model, at + (uint32_t)offsetof(nn_model, layer)) &&
           check_labels(c, &model, at + (uint32_t)offsetof(nn_model, label)) &&
           (c->head->first.count == model.layers + 1u || damaged(c, IMAGE_WRONG_FIRST));
}

static bool check_stream(const checked *c) {
    nn_stream stream;
    const uint32_t place = c->head->stream, at = IMAGE_OFFSET(place);
    if (!place) return true;
    if (!lies(c, place, sizeof stream, sizeof(void *), RELOCATED)) return damaged(c, IMAGE_WRONG_STREAM);
    memcpy(&stream, (const uint8_t *)ENTRIES(c->bytes, params) + at, sizeof stream);
    const uint32_t layers = c->head->first.count - 1;
    return (pointer_at(c, at + (uint32_t)offsetof(nn_stream, model)) == c->head->model && c->head->resets.count &&
            stream.head <= layers &&
            lies(c, pointer_at(c, at + (uint32_t)offsetof(nn_stream, steps)), 2, 2, 1u << IMAGE_STATE) &&
            lies(c, pointer_at(c, at + (uint32_t)offsetof(nn_stream, first)), layers * 4, WORD, CONSTANT)) ||
           damaged(c, IMAGE_WRONG_STREAM_MODEL);
}

static bool check_operand(const checked *c, const image_kernel *kernel, char kind, uint32_t operand) {
    bool right;
    switch (kind) {
    case 'P':
        return check_struct(c, operand, kernel->params, kernel->pointers);
    case 'T':
        right = lies(c, operand, kernel->params, 1, CONSTANT);
        break;
    case 'R':
        right = lies(c, operand, 1, 1, CONSTANT | TENSORS);
        break;
    case 'W':
        right = lies(c, operand, 1, 1, TENSORS);
        break;
    case 'S':
        right = lies(c, operand, 1, WORD, TENSORS);
        break;
    default: // a number
        right = IMAGE_REGION(operand) == IMAGE_NUMBER;
        break;
    }
    return right || damaged(c, IMAGE_WRONG_OPERAND);
}

static bool check_calls(const checked *c) {
    const uint16_t *first = (const uint16_t *)ENTRIES(c->bytes, first);
    const call_entry *call = (const call_entry *)ENTRIES(c->bytes, calls);
    const uint32_t layers = c->head->first.count - 1;
    if (first[0] != 0 || first[layers] != c->head->calls.count) return damaged(c, IMAGE_WRONG_CALL_MISSED);
    for (uint32_t i = 0; i < layers; i++)
        if (first[i] > first[i + 1]) return damaged(c, IMAGE_WRONG_CALL_ORDER);
    for (uint32_t i = 0; i < c->head->calls.count; i++, call++) {
        if (call->kernel >= c->head->kernels.count) return damaged(c, IMAGE_WRONG_CALL_KERNEL);
        const image_kernel *kernel = kernel_of(c, call->kernel);
        for (uint32_t o = 0; kernel->operands[o]; o++)
            if (!check_operand(c, kernel, kernel->operands[o], call->operand[o])) return false;
    }
    return true;
}

static bool check_resets(const checked *c) {
    const reset_entry *entry = (const reset_entry *)ENTRIES(c->bytes, resets);
    for (uint32_t i = 0; i < c->head->resets.count; i++, entry++) {
        const bool width = entry->width == 1 || entry->width == 2 || entry->width == 4;
        if (!width || IMAGE_REGION(entry->place) != IMAGE_STATE ||
            !within(IMAGE_OFFSET(entry->place), entry->count, entry->width, c->head->state))
            return damaged(c, IMAGE_WRONG_RESET);
    }
    return true;
}

static bool is_settings(const checked *c, uint32_t place) {
    const settings_entry *entry = (const settings_entry *)ENTRIES(c->bytes, settings);
    for (uint32_t i = 0; i < c->head->settings.count; i++)
        if (entry[i].place == place) return true;
    return false;
}

// A pointer of settings leads to a table, to other settings or to what the firmware has. Tables lie on words, as `ml
// pack` puts them: their elements are of up to four bytes.
static bool check_targets(const checked *c, const settings_entry *entry, uint32_t pointers) {
    const bool to_settings = entry->id == IMAGE_spotter_config || entry->id == IMAGE_anomaly_config;
    for (uint32_t word = 0; word < 32; word++) {
        if (!(pointers >> word & 1u)) continue;
        const uint32_t to = pointer_at(c, IMAGE_OFFSET(entry->place) + word * (uint32_t)sizeof(void *));
        const bool table = IMAGE_REGION(to) == IMAGE_DATA && IMAGE_OFFSET(to) % WORD == 0 && !to_settings;
        if (to && !table && IMAGE_REGION(to) != IMAGE_SYMBOL && !is_settings(c, to))
            return damaged(c, IMAGE_WRONG_SETTINGS_TARGET);
    }
    return true;
}

static bool check_settings(const checked *c) {
    const settings_entry *entry = (const settings_entry *)ENTRIES(c->bytes, settings);
    for (uint32_t i = 0; i < c->head->settings.count; i++, entry++) {
        uint32_t size, pointers;
        if (!settings_type(entry->id, entry->version, &size, &pointers))
            return refuse(c, IMAGE_WRONG_SETTINGS, entry->id, 0);
        if (!check_struct(c, entry->place, size, pointers) || !check_targets(c, entry, pointers)) return false;
    }
    return true;
}

bool image_check(const void *bytes, uint32_t room, const image_firmware *firmware, image_refusal *why) {
    const checked c = {(const uint8_t *)bytes, HEAD(bytes), firmware, why};
    return check_head(&c, room) && check_sections(&c) && check_needs(&c) && check_kernels(&c) && check_pointers(&c) &&
           check_model(&c) && check_stream(&c) && check_calls(&c) && check_resets(&c) && check_settings(&c);
}

uint32_t image_size(const void *bytes, uint32_t room) {
    const image_head *head = HEAD(bytes);
    const bool there = room >= sizeof *head && memcmp(head->magic, "TMBI", 4) == 0 && head->size <= room;
    return there ? head->size : 0;
}
