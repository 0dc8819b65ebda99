#include "dense.h"

enum { MOST = 7 };

typedef struct {
    int32_t distance[MOST];
    uint8_t label[MOST];
    uint8_t count;
} nearest;

static void insert(nearest *n, uint8_t k, int32_t distance, uint8_t label) {
    uint8_t at = n->count;
    if (at == k && distance >= n->distance[k - 1]) return;
    if (at == k)
        at--;
    else
        n->count++;
    for (; at > 0 && n->distance[at - 1] > distance; at--) {
        n->distance[at] = n->distance[at - 1];
        n->label[at] = n->label[at - 1];
    }
    n->distance[at] = distance;
    n->label[at] = label;
}

static int32_t squared_distance(const int8_t *point, const int8_t *z, uint8_t count) {
    int32_t sum = 0;
    for (uint8_t i = 0; i < count; i++) {
        const int32_t step = (int16_t)(z[i] - classical_i8(point + i));
        sum += step * step;
    }
    return sum;
}

uint8_t classical_prototypes_run(const classical_prototypes *m, const int8_t *x, int32_t *scores) {
    int8_t z[CLASSICAL_MAX_HIDDEN];
    nearest found = {{0}, {0}, 0};
    classical_layer_run(&m->projection, x, z);
    for (uint8_t i = 0; i < m->prototypes; i++) {
        const int8_t *point = m->point + (uint16_t)i * m->projection.outputs;
        insert(&found, m->k, squared_distance(point, z, m->projection.outputs), classical_u8(m->label + i));
    }
    for (uint8_t i = 0; i < m->classes; i++) scores[i] = 0;
    uint8_t best = found.label[0];
    for (uint8_t i = 0; i < found.count; i++) scores[found.label[i]]++;
    for (uint8_t i = 1; i < found.count; i++)
        if (scores[found.label[i]] > scores[best]) best = found.label[i];
    return best;
}
