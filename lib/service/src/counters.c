// The counters of LINK_TELEMETRY, since start or LINK_RESET_STATS.
#include "board/board.h"
#include "core.h"

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

// While the network sleeps the decision takes the window for the background, and so do the scores.
static uint8_t score(const int8_t *scores, uint8_t class_id) {
    const decide_state *d = service.config->decide;
    if (scores) return (uint8_t)(scores[class_id] + 128);
    return d && class_id == d->config->background ? 255 : 0;
}

void service_count_window(const service_timing *timing, const int8_t *scores) {
    service_stats *s = &service.stats;
    service.windows++;
    s->windows++;
    if (is_late(timing->sample_us)) s->missed++;
    count_cycles(&s->frontend, timing->frontend_cycles, s->windows == 1);
    count_cycles(&s->decide, timing->decide_cycles, s->windows == 1);
    if (scores)
        count_cycles(&s->inference, timing->inference_cycles, s->windows - s->asleep == 1);
    else
        s->asleep++;
    for (uint8_t i = 0; i < service_classes(); i++) s->scores[i] = score(scores, i);
}
