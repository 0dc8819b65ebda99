// All examples of a board in one call from Python (ml/native/fleet.py).
#include "fleet/clip.h"
#include "fleet/update.h"

#include <stddef.h>

void fleet_learn_all(int32_t *update, const fleet_layer *layer, const int8_t *features, const int8_t *logits,
                     const uint16_t *label, uint32_t count, uint32_t epochs, uint8_t rate) {
    for (uint32_t epoch = 0; epoch < epochs; epoch++) {
        for (uint32_t i = 0; i < count; i++) {
            const fleet_example one = {features + (size_t)i * layer->features, logits + (size_t)i * layer->classes,
                                       label[i]};
            fleet_learn(update, layer, &one, rate);
        }
    }
}

void fleet_clip_all(int32_t *value, uint32_t count, uint32_t most) {
    const uint32_t length = fleet_length(value, count);
    for (uint32_t i = 0; i < count; i++) value[i] = fleet_clipped(value[i], length, most);
}
