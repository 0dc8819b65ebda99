// The host in place of the sensor. The samples of a LINK_INJECT wait here until the application has taken them; then
// the service answers the command. When the host falls silent, the sensor takes over again.
#include "core.h"

#include <string.h>

enum { SILENCE_US = 10000000 };
static const uint32_t SLOWEST_MHZ = 1000, FASTEST_MHZ = INT32_MAX; // bounds the work of a sample

static struct {
    bool active;
    uint32_t rate_mhz; // of the host's samples
    uint32_t switches;
    uint64_t heard_us;
    uint16_t sequence;
    bool busy;
    uint32_t windows_before; // this LINK_INJECT
    uint32_t windows_begin;  // LINK_INJECT_BEGIN
    uint8_t samples[LINK_MAX_PAYLOAD];
    size_t next, size;
} inject;

void service_inject_init(void) {
    memset(&inject, 0, sizeof inject);
}

bool service_injecting(void) {
    return inject.active;
}

bool service_inject_busy(void) {
    return inject.busy;
}

void service_inject_keep(void) {
    inject.heard_us = service.uptime_us;
}

bool service_has_window(void) {
    return inject.active && service.windows != inject.windows_begin;
}

void service_start_afresh(void) {
    const nn_model *model = service.config->model;
    inject.windows_begin = service.windows;
    service_cut_windows();
    if (model && model->reset) model->reset();
    if (service.config->reset) service.config->reset(service_rate_mhz());
}

uint32_t service_rate_mhz(void) {
    return inject.active ? inject.rate_mhz : service.config->sensor[0].rate_mhz;
}

uint32_t service_switches(void) {
    return inject.switches;
}

static void switch_to(bool active, uint32_t rate_mhz) {
    inject.active = active;
    inject.rate_mhz = rate_mhz;
    inject.switches++;
    service_start_afresh();
}

static bool suits(uint32_t rate_mhz) {
    const uint32_t least = service.config->least_rate_mhz, most = service.config->most_rate_mhz;
    if (rate_mhz < SLOWEST_MHZ || rate_mhz > FASTEST_MHZ) return false;
    return rate_mhz == service.config->sensor[0].rate_mhz || (rate_mhz >= least && (!most || rate_mhz <= most));
}

uint8_t service_inject_begin(service_command *c) {
    uint32_t rate = get_u32(c->args);
    if (service.config->sensors == 0 || !service.config->reset) return LINK_UNSUPPORTED;
    if (rate == 0) rate = service.config->sensor[0].rate_mhz;
    if (!suits(rate)) return LINK_BAD_ARGUMENT;
    switch_to(true, rate);
    return LINK_OK;
}

uint8_t service_inject_end(service_command *c) {
    (void)c;
    if (!inject.active) return LINK_NOT_NOW;
    switch_to(false, 0);
    return LINK_OK;
}

static size_t row_size(void) {
    return 2u * service_channel_count(&service.config->sensor[0]);
}

uint8_t service_inject(service_command *c) {
    if (!inject.active) return LINK_NOT_NOW;
    if (c->size == 0 || c->size % row_size()) return LINK_BAD_ARGUMENT;
    memcpy(inject.samples, c->args, c->size);
    inject.next = 0;
    inject.size = c->size;
    inject.sequence = c->sequence;
    inject.windows_before = service.windows;
    inject.busy = true;
    return LINK_OK;
}

size_t service_injected(int16_t *rows, size_t count) {
    size_t left = inject.size - inject.next, size = count * row_size();
    if (size > left) size = left;
    for (size_t end = inject.next + size; inject.next < end; inject.next += 2) {
        uint16_t bits = get_u16(inject.samples + inject.next);
        *rows++ = (int16_t)(bits < 0x8000 ? bits : bits - 0x10000);
    }
    return size / row_size();
}

static void answer(void) {
    uint8_t payload[4] = {LINK_INJECT, LINK_OK};
    put_u16(payload + 2, service.windows - inject.windows_before);
    inject.busy = false;
    service_send_reply(inject.sequence, payload, sizeof payload);
}

void service_inject_poll(void) {
    if (inject.busy && inject.next == inject.size) answer();
    if (inject.active && !inject.busy && service.uptime_us - inject.heard_us >= SILENCE_US) switch_to(false, 0);
}
