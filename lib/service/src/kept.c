// The last events. A host that stores them says so (LINK_EVENTS); what it has not stored it gets again when it asks.
// When there are more than SERVICE_KEPT the oldest is forgotten, and the host sees that by `first`.
#include "core.h"

#include <string.h>

typedef char kept_is_a_power_of_two[SERVICE_KEPT > 0 && (SERVICE_KEPT & (SERVICE_KEPT - 1)) == 0 ? 1 : -1];

enum { AGAIN = 1, NAME = 2 };

static struct {
    struct {
        uint32_t time_us;
        uint8_t size, payload[LINK_EVENT_SIZE];
    } event[SERVICE_KEPT];
    uint16_t first; // sequence of the oldest
    uint8_t count;
    uint32_t boot; // 0: no host has named this run yet
} kept;

void service_kept_init(void) {
    memset(&kept, 0, sizeof kept);
}

void service_keep_event(uint32_t time_us, const uint8_t *payload, size_t size) {
    const uint16_t sequence = service_next(LINK_EVENT);
    const unsigned at = sequence % SERVICE_KEPT;
    if (kept.count < SERVICE_KEPT) kept.count++;
    kept.first = (uint16_t)(sequence + 1u - kept.count);
    kept.event[at].time_us = time_us;
    kept.event[at].size = (uint8_t)size;
    memcpy(kept.event[at].payload, payload, size);
    service_send(LINK_EVENT, 0, time_us, payload, size);
}

static void forget(uint16_t before) {
    const uint16_t stored = (uint16_t)(before - kept.first);
    if (stored > kept.count) return; // of another run, or old
    kept.first = before;
    kept.count = (uint8_t)(kept.count - stored);
}

static void send_again(void) {
    for (unsigned i = 0; i < kept.count; i++) {
        const uint16_t sequence = (uint16_t)(kept.first + i);
        const unsigned at = sequence % SERVICE_KEPT;
        service_send_again(LINK_EVENT, sequence, kept.event[at].time_us, kept.event[at].payload, kept.event[at].size);
    }
}

uint8_t service_events(service_command *c) {
    const uint32_t named = get_u32(c->args);
    if (!named || c->args[6] > NAME) return LINK_BAD_ARGUMENT;
    if (named == kept.boot) forget(get_u16(c->args + 4));
    if (!kept.boot && c->args[6] == NAME) kept.boot = named;
    if (c->args[6] == AGAIN) send_again();
    c->answered = put_u32(c->answer, kept.boot);
    c->answered += put_u16(c->answer + 4, (uint16_t)(service_next(LINK_EVENT) - kept.count));
    c->answered += put_u16(c->answer + 6, service_next(LINK_EVENT));
    return LINK_OK;
}
