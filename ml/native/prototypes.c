// Many examples through lib/learn in one call from Python (ml/native/prototypes.py).
#include "learn/answer.h"

#include <stddef.h>

void learn_answer_all(const learn_answers *a, const int8_t *features, const int8_t *network, size_t count,
                      int8_t *scores, bool *near) {
    for (size_t i = 0; i < count; i++)
        near[i] = learn_answer(a, features + i * a->learnt->features, network + i * a->classes, scores + i * a->all);
}

void learn_distance_all(const learn_classes *s, uint32_t place, const int8_t *features, size_t count,
                        uint32_t *distance) {
    for (size_t i = 0; i < count; i++) distance[i] = learn_distance(learn_at(s, place), features + i * s->features);
}

bool learn_valid_at(const learn_classes *s, uint32_t place) {
    return learn_valid(s, learn_at(s, place));
}
