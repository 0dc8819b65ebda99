// What the application reports, counted; LINK_TELEMETRY.
#include "board/board.h"
#include "internal.h"

#include <string.h>

void service_reset_stats(void) {
    memset(&service.stats, 0, sizeof service.stats);
    service.stats.overruns_before = board_sensor_overruns();
    service.stats.frames_before = service.decoder.frames;
    service.stats.errors_before = service.decoder.errors;
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

void service_inference(const service_timing *timing, const int8_t *scores) {
    service_stats *s = &service.stats;
    count_window(timing);
    count_cycles(&s->inference, timing->inference_cycles, s->windows - s->asleep == 1);
    for (uint8_t i = 0; i < service_classes(); i++) s->scores[i] = (uint8_t)(scores[i] + 128);
    service_send_scores(timing->sample_us);
}

// The decision takes the window for the background, and so do the scores.
void service_asleep(const service_timing *timing) {
    const decide_state *d = service.config->decide;
    service.stats.asleep++;
    count_window(timing);
    for (uint8_t i = 0; i < service_classes(); i++) service.stats.scores[i] = d && i == d->config->background ? 255 : 0;
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
    cbor_map(c, service.config->activity ? 16 : 15);
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
    write_cycles(c, "frontend", &s->frontend);
    write_cycles(c, "inference", &s->inference);
    write_cycles(c, "decide", &s->decide);
    write_arrays(c);
    if (service.config->activity) write_gate(c, service.config->activity);
}

void service_send_telemetry(void) {
    uint8_t payload[LINK_MAX_PAYLOAD];
    link_cbor c = {payload, sizeof payload, 0, false};
    service_write_stats(&c);
    service_send(LINK_TELEMETRY, 0, service.now_us, payload, c.full ? LINK_MAX_PAYLOAD + 1 : c.size);
}
