#include "learn/peak.h"

#include <string.h>

enum { MOST_OF_IT = 32, LITTLE = 2, NEXT = 4 }; // 31/32 and up; below 1/2; 1/4 and up

void learn_peak_drop(learn_peak *p) {
    p->most = 0;
    p->windows = p->since = 0;
    p->taken = p->over = false;
}

void learn_peak_reset(learn_peak *p) {
    learn_peak_drop(p);
    p->least = 0;
}

static void add(learn_peak *p, const int8_t *features) {
    for (uint32_t i = 0; i < p->features; i++) p->sum[i] = (int16_t)(p->sum[i] + features[i]);
    p->windows++;
    p->taken = true;
}

static void take(learn_peak *p, uint32_t level, const int8_t *features) {
    if (level > p->most) {
        if (p->most < level - level / MOST_OF_IT) { // what was before showed less of it
            memset(p->sum, 0, p->features * sizeof *p->sum);
            p->windows = 0;
        }
        p->most = level;
    }
    if (level >= p->most - p->most / MOST_OF_IT && p->windows < UINT8_MAX) add(p, features);
}

bool learn_peak_push(learn_peak *p, uint32_t level, const int8_t *features) {
    p->taken = false;
    if (p->over) {
        if (level < p->least || !level) learn_peak_drop(p);
        return false;
    }
    const bool little = level < p->most / LITTLE || !level;
    if (!little && level >= p->least) {
        take(p, level, features);
        p->since++;
    }
    if (!p->windows || (!little && p->since < p->longest)) return false;
    p->over = true;
    p->least = p->most / NEXT;
    return true;
}

void learn_peak_example(const learn_peak *p, int8_t *x) {
    const int32_t n = p->windows;
    for (uint32_t i = 0; i < p->features; i++) {
        const int32_t sum = p->sum[i];
        x[i] = (int8_t)((sum < 0 ? sum - n / 2 : sum + n / 2) / n);
    }
}
