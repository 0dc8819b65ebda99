#include "learn/batch.h"

#include "learn/answer.h" // LEARN_NEAR

int8_t *learn_example(const learn_batch *b, uint32_t number) {
    return b->example + number * b->features;
}

static uint32_t nearest(const learn_batch *b, uint32_t number, uint32_t among) { // a bit for each that may be it
    uint32_t least = UINT32_MAX;
    for (uint32_t k = 0; k < b->count; k++) {
        if (k == number || !(among >> k & 1)) continue;
        const uint32_t one = learn_apart(learn_example(b, number), learn_example(b, k), b->features);
        if (one < least) least = one;
    }
    return least;
}

uint32_t learn_alike(const learn_batch *b, uint8_t class_id, uint32_t stray) {
    const uint32_t all = (1u << b->count) - 1;
    uint32_t agree = 0, kept = 0, most = 2 * LEARN_NEAR * stray;
    if (b->count < 2) return all;
    for (uint32_t k = 0; k < b->count; k++) {
        const uint32_t one = nearest(b, k, all);
        if (one < most / LEARN_PAIR) most = LEARN_PAIR * one;
        if (b->answer[k] == class_id) agree |= 1u << k;
    }
    if (most < 2 * stray) most = 2 * stray;
    for (uint32_t k = 0; k < b->count; k++)
        if (nearest(b, k, agree ? agree : all) <= most) kept |= 1u << k;
    return kept | agree;
}
