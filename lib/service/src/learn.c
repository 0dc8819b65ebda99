// LINK_LEARN: what a device learns itself. The service only moves its bytes; the application knows their meaning.
#include "core.h"

#include <string.h>

enum { LABEL = 15 }; // bytes

static const service_baseline *baseline(void) {
    return service.config->baseline;
}

static uint8_t status(service_command *c) {
    c->answered = put_u32(c->answer, *baseline()->learnt);
    c->answered += put_u32(c->answer + 4, *baseline()->wanted);
    c->answered += put_u32(c->answer + 8, baseline()->size);
    return LINK_OK;
}

static uint8_t begin(service_command *c) {
    uint32_t windows = get_u32(c->args + 1);
    return windows ? baseline()->run(LINK_LEARN_BEGIN, windows) : (uint8_t)LINK_BAD_ARGUMENT;
}

static uint8_t read(service_command *c) {
    uint32_t offset = get_u32(c->args + 1);
    uint16_t count = get_u16(c->args + 5);
    if (count > ANSWER_ROOM || !inside(offset, count, baseline()->size)) return LINK_BAD_ARGUMENT;
    memcpy(c->answer, (const uint8_t *)baseline()->state + offset, count);
    c->answered = count;
    return LINK_OK;
}

static uint8_t write(service_command *c) {
    uint32_t offset = get_u32(c->args + 1);
    size_t count = c->size - 5;
    if (!inside(offset, count, baseline()->size)) return LINK_BAD_ARGUMENT;
    const uint8_t status = baseline()->run(LINK_LEARN_WRITE, 0);
    if (status != LINK_OK) return status;
    memcpy((uint8_t *)baseline()->state + offset, c->args + 5, count);
    return LINK_OK;
}

static uint8_t plain(service_command *c) {
    return baseline()->run(c->args[0], 0);
}

static uint8_t teach(service_command *c) {
    if (!baseline()->teach) return LINK_UNSUPPORTED;
    return baseline()->teach(c->args[0], c->args + 1, c->size - 1, c->answer, &c->answered);
}

static uint8_t show(service_command *c) { // what such a sensor sees would be learnt for good
    if (service_health() && !health_believable(service_health())) return LINK_NOT_NOW;
    return teach(c);
}

static uint8_t forget(service_command *c) {
    return c->size > 1 ? teach(c) : plain(c);
}

static const struct {
    uint16_t least, most; // bytes, the operation's included
    uint8_t (*run)(service_command *c);
} operations[] = {
    [LINK_LEARN_STATUS] = {1, 1, status},
    [LINK_LEARN_BEGIN] = {5, 5, begin},
    [LINK_LEARN_STOP] = {1, 1, plain},
    [LINK_LEARN_READ] = {7, 7, read},
    [LINK_LEARN_WRITE] = {5, LINK_MAX_PAYLOAD, write},
    [LINK_LEARN_USE] = {1, 1, plain},
    [LINK_LEARN_KEEP] = {1, 1, plain},
    [LINK_LEARN_FORGET] = {1, 1 + LABEL, forget},
    [LINK_LEARN_SHOW] = {3, 2 + LABEL, show},
    [LINK_LEARN_NEWS] = {1, 1, teach},
};

uint8_t service_learn(service_command *c) {
    if (!baseline()) return LINK_UNSUPPORTED;
    uint8_t operation = c->args[0];
    if (operation >= sizeof operations / sizeof operations[0]) return LINK_BAD_ARGUMENT;
    if (c->size < operations[operation].least || c->size > operations[operation].most) return LINK_BAD_ARGUMENT;
    return operations[operation].run(c);
}
