// answer.h: what classes that were learnt make of a network's answer.
//
// The network's scores stand, byte for byte, where no class that was learnt is near. A class is near an example whose
// squared distance from its mean is below LEARN_NEAR times what is expected of an example of that class; then it gains
// up to LEARN_NEAR * LEARN_GAIN in the logarithm (base 2) of its score, linear in the distance. A class that the
// network does not have begins where the network's score is 0. The scores are then made to add up again. Since a gain
// ends, one bad mean costs no more than the place around it.
#ifndef LEARN_ANSWER_H
#define LEARN_ANSWER_H

#include "learn/prototypes.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LEARN_NEAR = 4, LEARN_GAIN = 12, LEARN_MAX_CLASSES = 48 };

typedef struct {
    const learn_classes *learnt;
    uint32_t stray;                  // learn_stray
    uint8_t classes;                 // of the network
    uint8_t all;                     // with those that it does not have, at most LEARN_MAX_CLASSES
    uint8_t index[LEARN_MAX_PLACES]; // of the class in each place: among `all`
} learn_answers;

// `classes` scores of the network, of a softmax (scale 1/256, zero point -128), to `all`. True: some class is near.
bool learn_answer(const learn_answers *a, const int8_t *features, const int8_t *network, int8_t *scores);

#ifdef __cplusplus
}
#endif
#endif
