#include "learn/guard.h"

#include <string.h>

static uint8_t *at(const learn_guard *g, uint32_t number) {
    return g->memory + number * LEARN_GUARD_BYTES((uint32_t)g->classes, g->features);
}

void learn_guard_clear(const learn_guard *g) {
    memset(g->memory, 0, (size_t)(at(g, g->room) - g->memory));
}

void learn_guard_put(const learn_guard *g, uint32_t class_id, const int8_t *network, const int8_t *features) {
    if (class_id >= g->room) return;
    uint8_t *made = at(g, class_id);
    *made = features != NULL;
    if (!features) return;
    memcpy(made + 1, network, g->classes);
    memcpy(made + 1 + g->classes, features, g->features);
}

uint32_t learn_guard_count(const learn_guard *g) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < g->room; i++) count += *at(g, i);
    return count;
}

uint32_t learn_guard_right(const learn_guard *g, const learn_answers *a, uint32_t background) {
    int8_t scores[LEARN_MAX_CLASSES];
    uint32_t right = 0;
    for (uint32_t i = 0; i < g->room; i++) {
        const int8_t *network = (const int8_t *)at(g, i) + 1;
        if (!*at(g, i)) continue;
        learn_answer(a, network + g->classes, network, scores);
        right += i == background || learn_strongest(scores, a->all) == (i < g->classes ? i : a->index[i - g->classes]);
    }
    return right;
}

uint32_t learn_guard_distance(const learn_guard *g, uint32_t class_id, const int8_t *features) {
    if (class_id >= g->room || !*at(g, class_id)) return UINT32_MAX;
    return learn_apart((const int8_t *)at(g, class_id) + 1 + g->classes, features, g->features);
}
