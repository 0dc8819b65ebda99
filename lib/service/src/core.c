// The state of the service, and the functions that need nothing but this state.
#include "core.h"

enum { ANSWERED_WITHIN_US = 100000 };

service_state service;

uint8_t service_channel_count(const service_stream *stream) {
    unsigned channels = 0;
    for (uint8_t i = 0; i < stream->groups; i++) channels += stream->group[i].count;
    return (uint8_t)channels;
}

uint8_t service_classes(void) {
    const nn_model *model = service.config->model;
    if (!model) return 0;
    return (uint8_t)(model->classes < DECIDE_MAX_CLASSES ? model->classes : DECIDE_MAX_CLASSES);
}

void service_end_with(void (*last)(void)) {
    service.last = last;
    service.last_due_us = service.uptime_us + ANSWERED_WITHIN_US;
}
