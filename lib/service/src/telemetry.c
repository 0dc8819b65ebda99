// LINK_TELEMETRY: the counters, for a host; and LINK_HEALTH, when the sensor's health changes.
#include "board/board.h"
#include "core.h"

static void write_uint(link_cbor *c, const char *key, uint64_t value) {
    cbor_text(c, key);
    cbor_uint(c, value);
}

static unsigned ones(unsigned bits) {
    unsigned count = 0;
    for (; bits; bits &= bits - 1) count++;
    return count;
}

static void write_cycles(link_cbor *c, const char *key, const service_cycles *cycles) {
    cbor_text(c, key);
    cbor_array(c, 3);
    cbor_uint(c, cycles->last);
    cbor_uint(c, cycles->min);
    cbor_uint(c, cycles->max);
}

static void write_arrays(link_cbor *c) {
    cbor_text(c, "saturated");
    cbor_array(c, service.config->saturations);
    for (uint8_t i = 0; i < service.config->saturations; i++) cbor_uint(c, service.config->saturated[i]);
    cbor_text(c, "scores");
    cbor_array(c, service_classes());
    for (uint8_t i = 0; i < service_classes(); i++) cbor_uint(c, service.stats.scores[i]);
}

static void write_gate(link_cbor *c, const gate *now) {
    const gate *before = &service.stats.gate_before;
    cbor_text(c, "gate");
    cbor_array(c, 4);
    cbor_uint(c, now->open);
    cbor_uint(c, now->steps - before->steps);
    cbor_uint(c, now->steps_open - before->steps_open);
    cbor_uint(c, now->openings - before->openings);
}

static void write_machine(link_cbor *c) {
    service.told_machine = service.config->machine();
    cbor_text(c, "machine");
    cbor_text(c, service.told_machine);
}

static void write_health(link_cbor *c, const health *now) {
    const unsigned state = health_state(now), channels = health_channels(now);
    cbor_map(c, 4);
    cbor_text(c, "reasons");
    cbor_array(c, ones(state) + service.otherwise);
    for (unsigned bit = 0; state >> bit; bit++)
        if (state >> bit & 1) cbor_text(c, health_name(bit));
    if (service.otherwise) cbor_text(c, "held");
    cbor_text(c, "channels");
    cbor_array(c, ones(channels));
    for (unsigned bit = 0; channels >> bit; bit++)
        if (channels >> bit & 1) cbor_uint(c, bit);
    write_uint(c, "answers", health_believable(now) && !service.otherwise);
    write_uint(c, "withheld", service.stats.withheld);
}

static bool learns_classes(void) {
    return service.config->baseline && service.config->baseline->classes;
}

void service_write_stats(link_cbor *c) {
    const service_stats *s = &service.stats;
    const service_config *config = service.config;
    const unsigned more = (config->model ? 1u : 0u) + (config->activity ? 1u : 0u) + (config->machine ? 1u : 0u) +
                          (service_health() ? 1u : 0u) + (learns_classes() ? 1u : 0u);
    cbor_map(c, 17u + more);
    write_uint(c, "uptime_us", service.uptime_us);
    write_uint(c, "windows", s->windows);
    write_uint(c, "asleep", s->asleep);
    write_uint(c, "events", s->events);
    write_uint(c, "missed", s->missed);
    write_uint(c, "overruns", board_sensor_overruns() - s->overruns_before);
    write_uint(c, "dropped", service_dropped());
    write_uint(c, "frames", service.decoder.frames - s->frames_before);
    write_uint(c, "errors", service.decoder.errors - s->errors_before);
    write_uint(c, "stack", board_stack_used());
    write_uint(c, "slept_us", service.slept_us - s->slept_before);
    write_uint(c, "since_us", service.uptime_us - s->since_us);
    write_cycles(c, "frontend", &s->frontend);
    write_cycles(c, "inference", &s->inference);
    write_cycles(c, "decide", &s->decide);
    write_arrays(c);
    if (service.config->model) write_uint(c, "arena", service_arena_used());
    if (service.config->activity) write_gate(c, service.config->activity);
    if (service.config->machine) write_machine(c);
    if (learns_classes()) write_uint(c, "learnt", *config->baseline->classes);
    if (!service_health()) return;
    cbor_text(c, "health");
    write_health(c, service_health());
}

void service_send_telemetry(void) {
    uint8_t payload[LINK_MAX_PAYLOAD];
    link_cbor c = {payload, sizeof payload, 0, false};
    service_write_stats(&c);
    service_send(LINK_TELEMETRY, 0, service.now_us, payload, c.full ? LINK_MAX_PAYLOAD + 1 : c.size);
}

void service_send_machine(void) {
    if (service.config->machine && service.config->machine() != service.told_machine) service_send_telemetry();
}

// Where there is no room for it, telemetry tells the same within a second.
void service_send_health(void) {
    uint8_t payload[LINK_MAX_PAYLOAD];
    link_cbor c = {payload, sizeof payload, 0, false};
    if (!service_health()) return;
    const uint32_t state = health_state(service_health()) | (uint32_t)service.otherwise << HEALTH_REASONS;
    const uint32_t now = state << 8 | health_channels(service_health());
    if (now == service.told_health) return;
    service.told_health = now;
    write_health(&c, service_health());
    service_send(LINK_HEALTH, 0, service.now_us, payload, c.size);
}
