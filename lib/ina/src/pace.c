#include "ina/pace.h"

enum { PARTS = 16, AVERAGED = 32, LEAK = 8, TOLERANCE = 8 };

void ina_pace_start(ina_pace *p, uint32_t period_us) {
    p->nominal = p->period = (int32_t)(period_us * PARTS);
    p->late = 0;
    p->running = false;
}

static void learn(ina_pace *p, int64_t off) {
    const int32_t most = p->nominal / TOLERANCE;
    if (off > p->period / 4 || -off > p->period / 4) return;
    p->period += (int32_t)off / AVERAGED;
    if (p->period > p->nominal + most) p->period = p->nominal + most;
    if (p->period < p->nominal - most) p->period = p->nominal - most;
}

// A sample taken promptly shows the chip's period. One that was taken late is late for the next one, too: what is over
// is carried on, less a part each time, for the period is never quite right.
uint32_t ina_pace_missed(ina_pace *p, uint32_t taken_at_us) {
    const int64_t elapsed = (int64_t)(taken_at_us - p->last_us) * PARTS;
    const bool first = !p->running;
    p->running = true;
    p->last_us = taken_at_us;
    if (first || p->period == 0) return 0;
    const int64_t periods = (elapsed + p->late + p->period / 4) / p->period;
    p->late = (int32_t)(elapsed + p->late - periods * p->period);
    p->late -= p->late / LEAK;
    learn(p, elapsed - p->period);
    return periods > 1 ? (uint32_t)periods - 1 : 0;
}
