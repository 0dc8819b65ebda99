#include "spotter/spotter.h"

#include <string.h>

void spotter_init(spotter *s, const spotter_config *config, const nn_stream *network, int8_t *ring) {
    memset(s, 0, sizeof *s);
    s->config = config;
    s->network = network;
    s->ring = ring;
    vad_init(&s->voice, config->voice);
    gate_init(&s->listening, config->gate);
    spotter_reset(s);
}

void spotter_reset(spotter *s) {
    vad_reset(&s->voice);
    gate_reset(&s->listening);
    s->next = 0;
    s->in_step = 0;
    s->heard = 0;
    s->behind = (uint16_t)(s->config->warm_up + 1);
    s->taken = 0;
}

static void count_step(spotter *s) {
    const uint16_t most = s->config->warm_up;
    s->in_step = 0;
    s->next = (uint16_t)(s->next + 1 == most ? 0 : s->next + 1);
    if (s->heard < most) s->heard++;
    if (s->behind <= most) s->behind++;
}

spotter_news spotter_hear(spotter *s, const int8_t *frame) {
    const spotter_config *c = s->config;
    memcpy(s->ring + ((size_t)s->next * c->hop + s->in_step) * c->bands, frame, c->bands);
    s->loud = vad_push(&s->voice, frame);
    gate_push(&s->listening, s->loud);
    if (++s->in_step < c->hop) return SPOTTER_FRAME;
    count_step(s);
    return s->heard == c->warm_up ? SPOTTER_WINDOW : SPOTTER_STEP;
}

// The oldest rows that the network has not taken.
static const int8_t *oldest_rows(const spotter *s) {
    const spotter_config *c = s->config;
    const uint32_t place = s->next + (s->next < s->behind ? c->warm_up : 0u) - s->behind;
    return s->ring + (size_t)place * c->hop * c->bands;
}

static bool has_scores(const spotter *s) {
    return s->taken == s->config->warm_up && s->behind <= s->config->lull;
}

// The scores that the network makes of it are read if it is the `last` step of a window that has some.
static void step(spotter *s, bool last) {
    const int8_t *rows = oldest_rows(s);
    s->behind--;
    if (s->taken < s->config->warm_up) s->taken++;
    if (!s->network) return;
    if (last && has_scores(s))
        (void)nn_push(s->network, rows);
    else
        nn_feed(s->network, rows);
}

static void start_afresh(spotter *s) {
    if (s->network) nn_restart(s->network);
    s->behind = s->config->warm_up;
    s->taken = 0;
    s->restarts++;
}

bool spotter_run(spotter *s) {
    if (s->listening.open) {
        if (s->behind > s->config->warm_up) start_afresh(s);
        for (uint8_t left = s->config->catch_up; left && s->behind; left--) step(s, left == 1 || s->behind == 1);
    }
    return has_scores(s);
}

void spotter_window(const spotter *s, int8_t *rows) {
    const spotter_config *c = s->config;
    const size_t step = (size_t)c->hop * c->bands, newer = step * s->next, older = step * c->warm_up - newer;
    memcpy(rows, s->ring + newer, older);
    memcpy(rows + older, s->ring, newer);
}

void spotter_last_step(spotter *s, int8_t *rows) {
    const spotter_config *c = s->config;
    start_afresh(s);
    while (s->behind > 1) step(s, false);
    memcpy(rows, oldest_rows(s), (size_t)c->hop * c->bands);
    s->behind = (uint16_t)(c->warm_up + 1);
    s->taken = 0;
}
