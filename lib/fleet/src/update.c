#include "fleet/update.h"

enum { PROBABILITY_BITS = 15, FAR = 16 }; // beyond 16 halvings a probability is 0

// 2^-x in 2^-15 for x >= 0 in 2^-20: a parabola between whole numbers, right to 0.3 %.
static int32_t halved(uint32_t x) {
    const uint32_t whole = x >> FLEET_LOGIT_BITS;
    if (whole >= FAR) return 0;
    const int32_t part = (int32_t)(x & ((1u << FLEET_LOGIT_BITS) - 1)) >> (FLEET_LOGIT_BITS - PROBABILITY_BITS);
    const int32_t one = 1 << PROBABILITY_BITS;
    const int32_t bent = (int32_t)((int64_t)part * (one - part) * 44 >> (PROBABILITY_BITS + 8)); // 0.172
    return (one - (part >> 1) - bent) >> whole;
}

void fleet_softmax(const int32_t *logit, uint16_t classes, int32_t *probability) {
    int32_t best = logit[0], sum = 0;
    for (uint16_t c = 1; c < classes; c++) best = logit[c] > best ? logit[c] : best;
    for (uint16_t c = 0; c < classes; c++) {
        const uint64_t below = (uint64_t)((int64_t)best - logit[c]);
        const uint64_t halvings = below * 23637u >> 14; // log2(e)
        probability[c] = halved(halvings >> FLEET_LOGIT_BITS >= FAR ? UINT32_MAX : (uint32_t)halvings);
        sum += probability[c]; // at least 2^15, at most classes times that
    }
    for (uint16_t c = 0; c < classes; c++) {
        probability[c] = (int32_t)(((int64_t)probability[c] << PROBABILITY_BITS) / sum);
    }
}

static int32_t within(int64_t value, int32_t most) {
    return (int32_t)(value > most ? most : value < -most ? -most : value);
}

static int32_t input(const fleet_layer *layer, const fleet_example *example, uint32_t column) {
    return column == layer->features ? FLEET_BIAS : example->features[column] - layer->feature_zero;
}

// What the layer answers with the update.
static int32_t logit_of(const int32_t *row, const fleet_layer *layer, const fleet_example *example, uint16_t class_id) {
    int64_t sum = 0;
    for (uint32_t j = 0; j <= layer->features; j++) sum += (int64_t)row[j] * input(layer, example, j);
    const int64_t own = (int64_t)(example->logits[class_id] - layer->logit_zero) * layer->logit_unit;
    return within(own + (sum >> (FLEET_BITS - FLEET_LOGIT_BITS)), INT32_MAX / 2);
}

void fleet_learn(int32_t *update, const fleet_layer *layer, const fleet_example *example, uint8_t rate) {
    int32_t logit[FLEET_CLASSES] = {0}, probability[FLEET_CLASSES];
    const uint32_t columns = layer->features + 1u;
    const int32_t half = rate ? 1 << (rate - 1) : 0;
    for (uint16_t c = 0; c < layer->classes; c++) logit[c] = logit_of(update + c * columns, layer, example, c);
    fleet_softmax(logit, layer->classes, probability);
    for (uint16_t c = 0; c < layer->classes; c++) {
        const int32_t error = (c == example->label ? 1 << PROBABILITY_BITS : 0) - probability[c];
        int32_t *row = update + c * columns;
        for (uint32_t j = 0; j < columns; j++) {
            const int32_t step = error * input(layer, example, j) * (1 << (FLEET_BITS - FLEET_LOGIT_BITS)); // < 2^28
            row[j] = within((int64_t)row[j] + ((step + half) >> rate), FLEET_LARGEST);
        }
    }
}
