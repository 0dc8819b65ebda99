// What the model was given for the last events (LINK_GET_WINDOW), so that a larger model can judge them elsewhere.
#include "core.h"

#include <string.h>

typedef char windows_are_a_power_of_two[SERVICE_WINDOWS > 0 && (SERVICE_WINDOWS & (SERVICE_WINDOWS - 1)) == 0 ? 1 : -1];

static struct {
    uint16_t event[SERVICE_WINDOWS]; // its sequence
    bool kept[SERVICE_WINDOWS];
    uint16_t left; // windows until that of `coming` is copied; 0: none is awaited
    uint8_t coming;
} windows;

void service_windows_init(void) {
    memset(&windows, 0, sizeof windows);
}

static void copy(uint8_t at) {
    const service_judged *judged = service.config->judged;
    judged->copy(judged->bytes + (size_t)at * judged->size);
}

void service_keep_window(void) {
    const service_judged *judged = service.config->judged;
    const uint16_t sequence = service_next(LINK_EVENT);
    const uint8_t at = sequence % SERVICE_WINDOWS;
    if (!judged || !service.config->model) return;
    service_cut_windows(); // of an event before, if it did not come
    windows.event[at] = sequence;
    windows.kept[at] = true;
    windows.left = judged->later;
    windows.coming = at;
    if (!windows.left) copy(at);
}

void service_pass_window(void) {
    if (windows.left && --windows.left == 0) copy(windows.coming);
}

void service_cut_windows(void) {
    if (windows.left) windows.kept[windows.coming] = false;
    windows.left = 0;
}

uint8_t service_get_window(service_command *c) {
    const service_judged *judged = service.config->judged;
    const nn_model *model = service.config->model;
    const uint16_t sequence = get_u16(c->args), offset = get_u16(c->args + 2), count = get_u16(c->args + 4);
    const uint8_t at = sequence % SERVICE_WINDOWS;
    if (!judged || !model) return LINK_UNSUPPORTED;
    if (!windows.kept[at] || windows.event[at] != sequence) return LINK_NOT_NOW;
    if (!inside(offset, count, judged->size)) return LINK_BAD_ARGUMENT;
    size_t size = put_u16(c->answer, sequence);
    size += put_u32(c->answer + size, nn_crc32(model->hash, (uint32_t)strlen(model->hash)));
    size += put_u16(c->answer + size, judged->size);
    size += put_u16(c->answer + size, offset);
    if (count > ANSWER_ROOM - size) return LINK_BAD_ARGUMENT;
    const size_t there = windows.left && windows.coming == at ? 0 : count;
    memcpy(c->answer + size, judged->bytes + (size_t)at * judged->size + offset, there);
    c->answered = size + there;
    return LINK_OK;
}
