// update.h: what a board would change of a model's last layer, learnt from its own examples.
//
// Federated averaging (McMahan et al., AISTATS 2017) of the last fully connected layer: each board takes steps of
// gradient descent on the examples that it keeps, and gives away what changed, never the examples. Integers only, so
// every board and the computer compute the same. The weights stay where they are: an update is added to the layer's
// answer.
#ifndef FLEET_UPDATE_H
#define FLEET_UPDATE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FLEET_CLASSES = 32,      // at most
    FLEET_BITS = 24,         // of an update: one of a logit, for a step of a feature, is 2^24
    FLEET_LOGIT_BITS = 20,   // one of a logit is 2^20
    FLEET_BIAS = 64,         // the input of the bias, which is the last column of an update
    FLEET_LARGEST = 1 << 23, // no value of an update is beyond it
    FLEET_RATE = 24          // the largest rate
};

// The last layer as the network has it.
typedef struct {
    uint16_t features, classes; // 2..FLEET_CLASSES classes
    int16_t feature_zero;       // zero point of the features
    int16_t logit_zero;         // zero point of the layer's output,
    int32_t logit_unit;         // and its scale in 2^-20
} fleet_layer;

// An example: int8 features, and the layer's own int8 output for them.
typedef struct {
    const int8_t *features, *logits;
    uint16_t label;
} fleet_example;

// A step of gradient descent of the cross-entropy for one example. `update`: for each class a row of features + 1
// values, all 0 at first. `rate`: bits by which a step is made smaller, up to FLEET_RATE (ml/fleet/settings.py).
void fleet_learn(int32_t *update, const fleet_layer *layer, const fleet_example *example, uint8_t rate);

// Probabilities of all classes in 2^-15 for logits in 2^-20; they sum to about 2^15.
void fleet_softmax(const int32_t *logit, uint16_t classes, int32_t *probability);

#ifdef __cplusplus
}
#endif
#endif
