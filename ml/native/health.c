// A whole recording through the watch of a sensor in one call from Python (ml/native/health.py).
#include "health/health.h"

typedef struct {
    uint32_t row; // the first of the push that made it
    uint16_t state;
    uint8_t channels;
    uint8_t doubtful;
} health_change;

static health_change now(const health *h, uint32_t row) {
    const health_change c = {row, health_state(h), health_channels(h), health_doubtful(h)};
    return c;
}

static bool differs(const health_change *a, const health_change *b) {
    return a->state != b->state || a->channels != b->channels || a->doubtful != b->doubtful;
}

// Pushes `at_once` rows at a time. Writes up to `room` changes, the first of them at row 0; returns how many there
// were.
size_t health_recording(const health_config *config, uint32_t rate_mhz, const int16_t *rows, size_t count,
                        size_t at_once, health_change *changes, size_t room) {
    health h;
    size_t made = 0;
    health_init(&h, config, rate_mhz);
    health_change last = now(&h, 0);
    if (room) changes[0] = last;
    for (size_t i = 0; i < count;) {
        const size_t here = count - i < at_once ? count - i : at_once;
        health_push(&h, rows + i * h.channels, here);
        const health_change next = now(&h, (uint32_t)i);
        i += here;
        if (!differs(&next, &last)) continue;
        last = next;
        if (++made < room) changes[made] = next;
    }
    return made + 1;
}

// The state after reads by the clock of a board: at time_us[i] the sensor had given rows[i] more and was empty.
void health_reads(const health_config *config, uint32_t rate_mhz, const uint32_t *time_us, const uint32_t *rows,
                  size_t count, uint16_t *state) {
    health h;
    health_init(&h, config, rate_mhz);
    for (size_t i = 0; i < count; i++) {
        health_lost(&h, rows[i]);
        health_clock(&h, time_us[i]);
        state[i] = health_state(&h);
    }
}
