// What the application reports, counted; LINK_TELEMETRY.
#include "board/board.h"
#include "internal.h"

#include <string.h>

void service_reset_stats(void) {
    memset(&service.stats, 0, sizeof service.stats);
    service.stats.overruns_before = board_sensor_overruns();
    service.stats.frames_before = service.decoder.frames;
    service.stats.errors_before = service.decoder.errors;
    service.stats.slept_before = service.slept_us;
    service.stats.since_us = service.uptime_us;
    if (service.config->activity) service.stats.gate_before = *service.config->activity;
    service_reset_dropped();
    for (uint8_t i = 0; i < service.config->saturations; i++) service.config->saturated[i] = 0;
}

static void count_cycles(service_cycles *c, uint32_t cycles, bool first) {
    c->last = cycles;
    if (first || cycles < c->min) c->min = cycles;
    if (first || cycles > c->max) c->max = cycles;
}

// The next window was complete before this one was done.
static bool is_late(uint32_t sample_us) {
    uint32_t rate = service.config->window_rate_mhz;
    uint32_t since = board_micros() - sample_us;
    return rate && since <= INT32_MAX && (uint64_t)since * rate > UINT64_C(1000000000);
}

static void count_window(const service_timing *timing) {
    service_stats *s = &service.stats;
    service.windows++;
    s->windows++;
    if (is_late(timing->sample_us)) s->missed++;
    count_cycles(&s->frontend, timing->frontend_cycles, s->windows == 1);
    count_cycles(&s->decide, timing->decide_cycles, s->windows == 1);
}

// While the network sleeps the decision takes the window for the background, and so do the scores.
static uint8_t score(const int8_t *scores, uint8_t class_id) {
    const decide_state *d = service.config->decide;
    if (scores) return (uint8_t)(scores[class_id] + 128);
    return d && class_id == d->config->background ? 255 : 0;
}

void service_window(const service_timing *timing, const int8_t *scores) {
    service_stats *s = &service.stats;
    count_window(timing);
    service_send_timing(timing, scores != NULL);
    if (scores)
        count_cycles(&s->inference, timing->inference_cycles, s->windows - s->asleep == 1);
    else
        s->asleep++;
    for (uint8_t i = 0; i < service_classes(); i++) s->scores[i] = score(scores, i);
    service_send_scores(timing->sample_us);
}

void service_event(const decide_event *event, const service_timing *timing) {
    uint8_t payload[22] = {event->class_id, event->score};
    size_t size = 2;
    service.stats.events++;
    size += put_u32(payload + size, event->window);
    size += put_u32(payload + size, timing->frontend_cycles);
    size += put_u32(payload + size, timing->inference_cycles);
    size += put_u32(payload + size, timing->decide_cycles);
    size += put_u32(payload + size, board_micros() - timing->sample_us);
    service_send(LINK_EVENT, 0, timing->sample_us, payload, size);
}

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

void service_write_stats(link_cbor *c) {
    const service_stats *s = &service.stats;
    cbor_map(c, 17u + (service.config->model ? 1u : 0u) + (service.config->activity ? 1u : 0u));
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
}

void service_send_telemetry(void) {
    uint8_t payload[LINK_MAX_PAYLOAD];
    link_cbor c = {payload, sizeof payload, 0, false};
    service_write_stats(&c);
    service_send(LINK_TELEMETRY, 0, service.now_us, payload, c.full ? LINK_MAX_PAYLOAD + 1 : c.size);
}
