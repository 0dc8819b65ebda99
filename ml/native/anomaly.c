// Many windows through lib/anomaly in one call from Python (ml/native/anomaly.py).
#include "anomaly/baseline.h"
#include "anomaly/distance.h"

#include <stddef.h>

void anomaly_distances(const anomaly_gaussians *g, const int8_t *windows, size_t count, uint64_t *distance,
                       uint32_t *component) {
    for (size_t i = 0; i < count; i++) distance[i] = anomaly_nearest(g, windows + i * g->features, component + i);
}

void anomaly_reconstructions(const anomaly_reconstruction *r, const int8_t *input, const int8_t *output, size_t count,
                             uint64_t *distance) {
    for (size_t i = 0; i < count; i++)
        distance[i] = anomaly_reconstruction_distance(r, input + i * r->features, output + i * r->features);
}

void anomaly_all_scores(const uint64_t *distance, size_t count, int8_t *scores) {
    for (size_t i = 0; i < count; i++) anomaly_scores(distance[i], scores + 2 * i);
}

// As many windows as fit.
size_t anomaly_learn_all(anomaly_baseline *b, const int8_t *windows, size_t count) {
    size_t taken = 0;
    while (taken < count && anomaly_baseline_learn(b, windows + taken * b->features)) taken++;
    anomaly_baseline_seal(b);
    return taken;
}

void anomaly_all_above(const anomaly_learnt *learnt, uint32_t features, const int8_t *windows, size_t count,
                       int32_t *above, uint32_t *mode) {
    for (size_t i = 0; i < count; i++) above[i] = anomaly_above(learnt, features, windows + i * features, mode + i);
}
