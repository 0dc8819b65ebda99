#include "frontend/vad.h"

enum { ONE = 256 };

void vad_init(vad *v, const vad_config *config) {
    v->config = config;
    vad_reset(v);
}

void vad_reset(vad *v) {
    v->started = false;
}

static int32_t mean(const int8_t *band, uint8_t bands) {
    int32_t sum = 0;
    for (const int8_t *end = band + bands; band < end; band++) sum += *band;
    return sum * ONE / bands;
}

static int32_t limited(int32_t step, int32_t rise, int32_t fall) {
    return step > rise ? rise : step < -fall ? -fall : step;
}

uint32_t vad_push(vad *v, const int8_t *frame) {
    const vad_config *c = v->config;
    const int32_t level = mean(frame + c->first_band, c->bands);
    if (!v->started) v->floor = level;
    v->started = true;
    if (v->floor < c->quiet) v->floor = c->quiet;
    const int32_t above = level - v->floor;
    v->floor += limited(above, c->rise, c->fall);
    return above > 0 ? (uint32_t)above : 0;
}
