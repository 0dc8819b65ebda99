// guard.h: old windows with the answers that were given to them, the latest of each class. What is learnt must not
// change too many of them.
#ifndef LEARN_GUARD_H
#define LEARN_GUARD_H

#include "learn/answer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint8_t *memory; // room * LEARN_GUARD_BYTES
    uint8_t room;    // windows: of the network's classes, then of the places of those that are learnt
    uint8_t classes, features;
} learn_guard;

#define LEARN_GUARD_BYTES(classes, features)                                                                           \
    (1 + (classes) + (features)) // is one there, the network's scores, features

void learn_guard_clear(const learn_guard *g);
// The latest window of a class: of the network, or `classes` + the place of one that was learnt. Nothing is kept of
// those beyond `room`. Features NULL: there is none.
void learn_guard_put(const learn_guard *g, uint32_t class_id, const int8_t *network, const int8_t *features);

uint32_t learn_guard_count(const learn_guard *g);
// Windows whose answer is still their class. That of `background` counts as well, whatever its answer: what is learnt
// may have been nothing before.
uint32_t learn_guard_right(const learn_guard *g, const learn_answers *a, uint32_t background);
// Squared distance from the window of a class of the network, UINT32_MAX: there is none.
uint32_t learn_guard_distance(const learn_guard *g, uint32_t class_id, const int8_t *features);

#ifdef __cplusplus
}
#endif
#endif
