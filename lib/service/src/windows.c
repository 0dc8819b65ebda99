// What the model was given for the last events (LINK_GET_WINDOW), so that a larger model can judge them elsewhere.
#include "core.h"

#include <string.h>

typedef char windows_are_a_power_of_two[SERVICE_WINDOWS > 0 && (SERVICE_WINDOWS & (SERVICE_WINDOWS - 1)) == 0 ? 1 : -1];

static struct {
    uint16_t event[SERVICE_WINDOWS]; // its sequence
    bool kept[SERVICE_WINDOWS];
} windows;

void service_windows_init(void) {
    memset(&windows, 0, sizeof windows);
}

void service_keep_window(void) {
    const service_judged *judged = service.config->judged;
    const uint16_t sequence = service_next(LINK_EVENT);
    const unsigned at = sequence % SERVICE_WINDOWS;
    if (!judged || !service.config->model) return;
    judged->copy(judged->bytes + (size_t)at * judged->size);
    windows.event[at] = sequence;
    windows.kept[at] = true;
}

uint8_t service_get_window(service_command *c) {
    const service_judged *judged = service.config->judged;
    const nn_model *model = service.config->model;
    const uint16_t sequence = get_u16(c->args), offset = get_u16(c->args + 2), count = get_u16(c->args + 4);
    const unsigned at = sequence % SERVICE_WINDOWS;
    if (!judged || !model) return LINK_UNSUPPORTED;
    if (!windows.kept[at] || windows.event[at] != sequence) return LINK_NOT_NOW;
    if (!inside(offset, count, judged->size)) return LINK_BAD_ARGUMENT;
    c->answered = put_u16(c->answer, sequence);
    c->answered += put_u32(c->answer + c->answered, nn_crc32(model->hash, (uint32_t)strlen(model->hash)));
    c->answered += put_u16(c->answer + c->answered, judged->size);
    c->answered += put_u16(c->answer + c->answered, offset);
    if (count > ANSWER_ROOM - c->answered) return LINK_BAD_ARGUMENT;
    memcpy(c->answer + c->answered, judged->bytes + (size_t)at * judged->size + offset, count);
    c->answered += count;
    return LINK_OK;
}
