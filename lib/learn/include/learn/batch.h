// batch.h: the examples of one class that were shown one after the other, and which of them belong together.
//
// A few examples say little about how they stray, but one that is wrong stands out: from the others, or because the
// network takes the others for this class and not this one. An example is kept if the network takes it for the class.
// Another one is kept if one of those, or, where there are none, one of the others, lies no more than LEARN_PAIR times
// as far from it as the two closest of all from each other, and no further than is near for two examples. One that lies
// no further than two examples do in the mean is kept as well. All distances are squared. A single example is kept.
#ifndef LEARN_BATCH_H
#define LEARN_BATCH_H

#include "learn/prototypes.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LEARN_BATCH = 5, LEARN_PAIR = 2 };

typedef struct {
    int8_t *example; // LEARN_BATCH * features
    uint8_t features;
    uint8_t count;
    uint8_t answer[LEARN_BATCH]; // class that the network took each for
} learn_batch;

int8_t *learn_example(const learn_batch *b, uint32_t number);
uint32_t learn_alike(const learn_batch *b, uint8_t class_id, uint32_t stray); // a bit for each that is kept

#ifdef __cplusplus
}
#endif
#endif
