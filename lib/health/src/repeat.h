// repeat.h: recognises a block of rows that comes again and again, as from a buffer that nobody fills any more.
//
// Nobody knows how long the block is, and there is no room to keep one. So a hash of the latest 16 rows, the context,
// marks one row of each block: that with the largest context. Between two such rows the contexts are summed up. Where
// sum and distance come again, so did all rows between.
#ifndef HEALTH_REPEAT_H
#define HEALTH_REPEAT_H

#include "health/health.h"

static inline void repeat_peak(health_repeat *r) {
    if (r->context == r->peak && r->since == r->period && r->sum == r->period_sum)
        r->verified += r->since;
    else
        r->verified = 0;
    r->period = r->context == r->peak ? r->since : 0;
    r->period_sum = r->sum;
    r->peak = r->context;
    r->since = r->sum = 0;
}

static inline void repeat_push(health_repeat *r, uint32_t key) {
    r->context = (r->context << 2) + key * UINT32_C(0x9E3779B1); // an old row leaves at the top
    r->sum += r->context;
    r->since++;
    if (r->context >= r->peak) repeat_peak(r);
}

// A peak of rows that are gone is forgotten.
static inline void repeat_forget(health_repeat *r, uint32_t longest) {
    if (r->since > longest) r->peak = r->period = r->verified = 0;
}

#endif
