#include "spotter/spotter.h"

#include <string.h>

void spotter_init(spotter *s, const spotter_config *config, const nn_stream *network, int8_t *ring) {
    memset(s, 0, sizeof *s);
    s->config = config;
    s->network = network;
    s->ring = ring;
    vad_init(&s->voice, config->voice);
    gate_init(&s->gate, config->gate);
    spotter_reset(s);
}

void spotter_reset(spotter *s) {
    vad_reset(&s->voice);
    gate_reset(&s->gate);
    s->next = 0;
    s->in_step = 0;
    s->heard = 0;
    s->behind = (uint16_t)(s->config->warm_up + 1);
}

static void count_step(spotter *s) {
    const uint16_t most = s->config->warm_up;
    s->in_step = 0;
    s->next = (uint16_t)(s->next + 1 == most ? 0 : s->next + 1);
    if (s->heard < most) s->heard++;
    if (s->behind <= most) s->behind++;
}

bool spotter_hear(spotter *s, const int8_t *frame) {
    const spotter_config *c = s->config;
    memcpy(s->ring + ((size_t)s->next * c->hop + s->in_step) * c->bands, frame, c->bands);
    gate_push(&s->gate, vad_push(&s->voice, frame));
    if (++s->in_step < c->hop) return false;
    count_step(s);
    return s->heard == c->warm_up;
}

static bool step(spotter *s) {
    const spotter_config *c = s->config;
    const uint16_t oldest = s->behind,
                   place = (uint16_t)(s->next < oldest ? s->next + c->warm_up - oldest : s->next - oldest);
    s->behind--;
    return !s->network || nn_push(s->network, s->ring + (size_t)place * c->hop * c->bands);
}

bool spotter_run(spotter *s) {
    bool full = false;
    if (!s->gate.open) return false;
    if (s->behind > s->config->warm_up) {
        if (s->network) nn_restart(s->network);
        s->behind = s->config->warm_up;
        s->restarts++;
    }
    for (uint8_t left = s->config->catch_up; left && s->behind; left--) full = step(s);
    return full && s->behind == 0;
}
