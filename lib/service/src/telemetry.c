// LINK_TELEMETRY: the counters, for a host.
#include "board/board.h"
#include "core.h"

static void write_uint(link_cbor *c, const char *key, uint64_t value) {
    cbor_text(c, key);
    cbor_uint(c, value);
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

void service_write_stats(link_cbor *c) {
    const service_stats *s = &service.stats;
    cbor_map(c, 17u + (service.config->model ? 1u : 0u) + (service.config->activity ? 1u : 0u) +
                    (service.config->machine ? 1u : 0u));
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
