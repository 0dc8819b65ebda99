// answer.h: what classes that were learnt make of a network's answer.
//
// The network's scores stand, byte for byte, where no class that was learnt is near. A class is near an example whose
// squared distance from its mean is below LEARN_NEAR times that by which examples stray; then it gains up to
// LEARN_NEAR * LEARN_GAIN in the logarithm (base 2) of its score, linear in the squared distance. A class that the
// network does not have begins where the network's score is 0. The scores are then made to add up again. Since the gain
// ends, a bad mean costs no more than the place around it. A class whose mean is no nearer than that of the background,
// the windows in which nothing is meant, gains nothing: many networks see little difference between things that they
// were not trained for.
#ifndef LEARN_ANSWER_H
#define LEARN_ANSWER_H

#include "learn/prototypes.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LEARN_NEAR = 4, LEARN_GAIN = 24, LEARN_MAX_CLASSES = 32 };

typedef struct {   // the mean of the latest windows
    int16_t *mean; // `features`, in 1/128 of a step
    uint8_t features;
    uint8_t windows; // at most LEARN_LATEST; it counts from LEARN_LATEST / 4 up
} learn_background;
enum { LEARN_LATEST = 64 };

void learn_background_add(learn_background *b, const int8_t *features);

typedef struct {
    const learn_classes *learnt;
    const learn_background *background; // NULL: nothing is known of it
    uint32_t stray;                     // learn_stray
    uint8_t classes;                    // of the network
    uint8_t all;                        // with those that it does not have, at most LEARN_MAX_CLASSES
    uint8_t index[LEARN_MAX_PLACES];    // of the class in each place: among `all`
} learn_answers;

// `classes` scores of the network, of a softmax (scale 1/256, zero point -128), to `all`. True: some class is near.
bool learn_answer(const learn_answers *a, const int8_t *features, const int8_t *network, int8_t *scores);

uint32_t learn_strongest(const int8_t *scores, uint32_t classes); // the first of equals

#ifdef __cplusplus
}
#endif
#endif
