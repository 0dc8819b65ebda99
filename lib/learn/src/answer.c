#include "learn/answer.h"

#include "frontend/integer.h" // log2_q8

#include <string.h>

enum { OCTAVE = 256, SCORES = 256, STEP = 128 };

void learn_background_add(learn_background *b, const int8_t *features) {
    if (b->windows < LEARN_LATEST) b->windows++;
    for (uint32_t i = 0; i < b->features; i++)
        b->mean[i] = (int16_t)(b->mean[i] + (features[i] * STEP - b->mean[i]) / b->windows);
}

// Squared distance from which on the background is nearer than any class.
static uint32_t horizon(const learn_answers *a, const int8_t *features) {
    const learn_background *b = a->background;
    const uint32_t near = LEARN_NEAR * a->stray;
    uint64_t far = 0;
    if (!b || b->windows < LEARN_LATEST / 4) return near;
    for (uint32_t i = 0; i < b->features; i++) {
        const int32_t off = features[i] * STEP - b->mean[i];
        far += (uint64_t)((int64_t)off * off);
    }
    far /= STEP * STEP;
    return far < near ? (uint32_t)far : near;
}

// By how much a class gains, in 1/256 of an octave; 0: it is not near.
static int32_t gain(const learn_answers *a, const learn_class *c, const int8_t *features, uint32_t beyond) {
    const uint32_t distance = learn_distance(c, features);
    if (distance >= beyond) return 0;
    return LEARN_GAIN * (int32_t)(LEARN_NEAR * OCTAVE - (uint64_t)distance * OCTAVE / a->stray);
}

// 2^(-x / 256) in 1/65536: a table of sixteenths of an octave, linear between.
static uint32_t power(uint32_t x) {
    static const uint32_t table[17] = {65536, 62757, 60097, 57549, 55109, 52773, 50535, 48393, 46341,
                                       44376, 42495, 40693, 38968, 37316, 35734, 34219, 32768};
    const uint32_t octaves = x / OCTAVE, step = x % OCTAVE / 16, part = x % 16;
    if (octaves > 16) return 0;
    return (table[step] - (table[step] - table[step + 1]) * part / 16) >> octaves;
}

static void share(const int32_t *level, uint32_t classes, int8_t *scores) { // of 255
    uint32_t sum = 0, each[LEARN_MAX_CLASSES];
    int32_t top = level[0];
    for (uint32_t i = 1; i < classes; i++)
        if (level[i] > top) top = level[i];
    for (uint32_t i = 0; i < classes; i++) sum += each[i] = power((uint32_t)(top - level[i]));
    for (uint32_t i = 0; i < classes; i++) {
        const uint32_t score = (uint32_t)((uint64_t)each[i] * SCORES / sum);
        scores[i] = (int8_t)((score < SCORES ? (int32_t)score : SCORES - 1) - 128);
    }
}

bool learn_answer(const learn_answers *a, const int8_t *features, const int8_t *network, int8_t *scores) {
    int32_t level[LEARN_MAX_CLASSES];
    const uint32_t beyond = horizon(a, features);
    bool near = false;
    for (uint32_t i = 0; i < a->all; i++) // half a score more: the logarithm of 0 is none
        level[i] = i < a->classes ? log2_q8(2 * (uint64_t)(network[i] + 128) + 1) : 0;
    for (uint32_t place = 0; place < a->learnt->places; place++) {
        const learn_class *c = learn_at(a->learnt, place);
        const int32_t more = learn_taken(c) ? gain(a, c, features, beyond) : 0;
        if (!more) continue;
        level[a->index[place]] += more;
        near = true;
    }
    if (near) {
        share(level, a->all, scores);
        return true;
    }
    memcpy(scores, network, a->classes);
    memset(scores + a->classes, -128, (size_t)(a->all - a->classes));
    return false;
}

uint32_t learn_strongest(const int8_t *scores, uint32_t classes) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < classes; i++)
        if (scores[i] > scores[best]) best = i;
    return best;
}
