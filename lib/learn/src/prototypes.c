#include "learn/prototypes.h"

#include "nn/model.h" // nn_crc32

#include <string.h>

typedef char a_class_has_no_gaps[sizeof(learn_class) == 40 ? 1 : -1];

learn_class *learn_at(const learn_classes *s, uint32_t place) {
    return (learn_class *)(s->memory + place * LEARN_CLASS_WORDS(s->features));
}

static uint32_t class_bytes(uint32_t features) {
    return 4 * (uint32_t)LEARN_CLASS_WORDS(features);
}

void learn_clear(const learn_classes *s) {
    memset(s->memory, 0, s->places * class_bytes(s->features));
}

void learn_remove(const learn_classes *s, uint32_t place) {
    memset(learn_at(s, place), 0, class_bytes(s->features));
}

int32_t learn_find(const learn_classes *s, const char label[LEARN_LABEL]) {
    for (int32_t i = s->places - 1; i >= 0; i--) {
        const learn_class *c = learn_at(s, (uint32_t)i);
        if (learn_taken(c) && memcmp(c->label, label, LEARN_LABEL) == 0) return i;
    }
    return -1;
}

int32_t learn_free(const learn_classes *s) {
    for (int32_t i = 0; i < s->places; i++)
        if (!learn_taken(learn_at(s, (uint32_t)i))) return i;
    return -1;
}

learn_class *learn_name(const learn_classes *s, uint32_t place, const char label[LEARN_LABEL]) {
    learn_class *c = learn_at(s, place);
    learn_remove(s, place);
    c->magic = LEARN_MAGIC;
    c->model = s->model;
    c->features = s->features;
    memcpy(c->label, label, LEARN_LABEL);
    return c;
}

bool learn_label_fits(const char label[LEARN_LABEL]) {
    uint32_t end = 0;
    while (end < LEARN_LABEL && label[end] >= ' ' && label[end] <= '~') end++;
    for (uint32_t i = end; i < LEARN_LABEL; i++)
        if (label[i]) return false;
    return end < LEARN_LABEL && label[0] > ' ';
}

static uint64_t squares_of(const learn_class *c) {
    return c->squares[0] | (uint64_t)c->squares[1] << 32;
}

static int32_t saturated(int64_t sum) {
    return sum < INT32_MIN ? INT32_MIN : sum > INT32_MAX ? INT32_MAX : (int32_t)sum;
}

bool learn_add(learn_class *c, const int8_t *x, int32_t times) {
    int32_t *sum = learn_sums(c), square = 0;
    if (c->examples == (times > 0 ? LEARN_MAX_EXAMPLES : 0)) return false;
    for (uint32_t i = 0; i < c->features; i++) {
        sum[i] = saturated((int64_t)sum[i] + times * x[i]);
        square += x[i] * x[i];
    }
    const uint64_t squares = squares_of(c) + (uint64_t)((int64_t)times * square);
    c->squares[0] = (uint32_t)squares;
    c->squares[1] = (uint32_t)(squares >> 32);
    c->examples = (uint16_t)(c->examples + times);
    return true;
}

static uint32_t crc_of(const learn_class *c, uint32_t features) {
    return nn_crc32(&c->magic, class_bytes(features) - (uint32_t)sizeof c->crc);
}

void learn_seal(learn_class *c) {
    c->crc = crc_of(c, c->features);
}

static uint64_t sum_length(const learn_class *c) { // squared; below 2^53 in a valid class
    uint64_t made = 0;
    for (uint32_t i = 0; i < c->features; i++) made += (uint64_t)((int64_t)learn_sums(c)[i] * learn_sums(c)[i]);
    return made;
}

// As many examples of int8 can have such sums.
static bool possible(const learn_class *c) {
    const int32_t most = 128 * c->examples;
    for (uint32_t i = 0; i < c->features; i++)
        if (learn_sums(c)[i] < -most || learn_sums(c)[i] > most) return false;
    const uint64_t squares = squares_of(c);
    return c->examples && squares >= sum_length(c) / c->examples && // Cauchy and Schwarz
           squares <= (uint64_t)128 * 128 * c->features * c->examples;
}

bool learn_valid(const learn_classes *s, const learn_class *c) {
    return learn_taken(c) && c->model == s->model && c->features == s->features && c->crc == crc_of(c, s->features) &&
           learn_label_fits(c->label) && possible(c);
}

uint32_t learn_distance(const learn_class *c, const int8_t *x) {
    const int32_t n = c->examples;
    uint64_t made = 0;
    for (uint32_t i = 0; i < c->features; i++) {
        const int64_t off = n * x[i] - (int64_t)learn_sums(c)[i];
        made += (uint64_t)(off * off);
    }
    return n ? (uint32_t)(made / ((uint64_t)n * (uint64_t)n)) : UINT32_MAX;
}

uint32_t learn_apart(const int8_t *x, const int8_t *y, uint32_t features) {
    uint32_t sum = 0;
    for (; features--; x++, y++) sum += (uint32_t)((*x - *y) * (*x - *y));
    return sum;
}

void learn_mean(const learn_class *c, int8_t *x) {
    const int32_t n = c->examples;
    for (uint32_t i = 0; i < c->features; i++) x[i] = (int8_t)(learn_sums(c)[i] / n);
}

uint32_t learn_stray(const learn_classes *s) {
    uint64_t all = (uint64_t)LEARN_PRIOR * s->features * s->stray * s->stray, free = LEARN_PRIOR;
    for (uint32_t i = 0; i < s->places; i++) {
        const learn_class *c = learn_at(s, i);
        if (!learn_taken(c) || c->examples < 2) continue;
        all += squares_of(c) - sum_length(c) / c->examples; // not negative in a valid class
        free += c->examples - 1u;
    }
    return all / free ? (uint32_t)(all / free) : 1;
}
