#include "learn/prototypes.h"

#include "nn/model.h" // nn_crc32

#include <string.h>

typedef char a_class_has_no_gaps[sizeof(learn_class) == 40 ? 1 : -1];

enum { SQUARE_MOST = 128 * 128 };

learn_class *learn_at(const learn_classes *s, uint32_t place) {
    return (learn_class *)(s->memory + place * LEARN_CLASS_WORDS(s->features));
}

int32_t *learn_sums(const learn_classes *s, uint32_t place) {
    return (int32_t *)(learn_at(s, place) + 1);
}

static uint32_t class_bytes(const learn_classes *s) {
    return 4 * (uint32_t)LEARN_CLASS_WORDS(s->features);
}

void learn_clear(const learn_classes *s) {
    memset(s->memory, 0, s->places * class_bytes(s));
}

bool learn_taken(const learn_classes *s, uint32_t place) {
    return learn_at(s, place)->magic == LEARN_MAGIC;
}

int32_t learn_find(const learn_classes *s, const char *label) {
    for (uint32_t i = 0; i < s->places; i++)
        if (learn_taken(s, i) && strncmp(learn_at(s, i)->label, label, LEARN_LABEL) == 0) return (int32_t)i;
    return -1;
}

int32_t learn_free(const learn_classes *s) {
    for (uint32_t i = 0; i < s->places; i++)
        if (!learn_taken(s, i)) return (int32_t)i;
    return -1;
}

bool learn_name(const learn_classes *s, uint32_t place, const char *label) {
    learn_class *c = learn_at(s, place);
    if (!*label || strlen(label) >= LEARN_LABEL) return false;
    memset(c, 0, class_bytes(s));
    c->magic = LEARN_MAGIC;
    c->model = s->model;
    c->features = s->features;
    memcpy(c->label, label, strlen(label));
    return true;
}

void learn_remove(const learn_classes *s, uint32_t place) {
    memset(learn_at(s, place), 0, class_bytes(s));
}

static uint64_t squares_of(const learn_class *c) {
    return c->squares[0] | (uint64_t)c->squares[1] << 32;
}

static void set_squares(learn_class *c, uint64_t squares) {
    c->squares[0] = (uint32_t)squares;
    c->squares[1] = (uint32_t)(squares >> 32);
}

static int32_t saturated(int64_t sum) {
    return sum < INT32_MIN ? INT32_MIN : sum > INT32_MAX ? INT32_MAX : (int32_t)sum;
}

static uint32_t length(const int8_t *x, uint32_t features) { // squared
    uint32_t sum = 0;
    for (uint32_t i = 0; i < features; i++) sum += (uint32_t)(x[i] * x[i]);
    return sum;
}

static void move(const learn_classes *s, uint32_t place, const int8_t *x, int32_t times) {
    int32_t *sum = learn_sums(s, place);
    for (uint32_t i = 0; i < s->features; i++) sum[i] = saturated((int64_t)sum[i] + times * x[i]);
}

bool learn_add(const learn_classes *s, uint32_t place, const int8_t *x) {
    learn_class *c = learn_at(s, place);
    if (c->examples == LEARN_MAX_EXAMPLES) return false;
    c->examples++;
    set_squares(c, squares_of(c) + length(x, s->features));
    move(s, place, x, 1);
    return true;
}

bool learn_subtract(const learn_classes *s, uint32_t place, const int8_t *x) {
    learn_class *c = learn_at(s, place);
    const uint32_t square = length(x, s->features);
    if (!c->examples || squares_of(c) < square) return false;
    c->examples--;
    set_squares(c, squares_of(c) - square);
    move(s, place, x, -1);
    return true;
}

static uint32_t crc_of(const learn_classes *s, uint32_t place) {
    const learn_class *c = learn_at(s, place);
    return nn_crc32(&c->magic, class_bytes(s) - (uint32_t)sizeof c->crc);
}

void learn_seal(const learn_classes *s, uint32_t place) {
    learn_at(s, place)->crc = crc_of(s, place);
}

static uint64_t sum_length(const learn_classes *s, uint32_t place) { // squared; below 2^53 in a valid class
    const int32_t *sum = learn_sums(s, place);
    uint64_t made = 0;
    for (uint32_t i = 0; i < s->features; i++) made += (uint64_t)((int64_t)sum[i] * sum[i]);
    return made;
}

// As many examples of int8 can have such sums and squares (Cauchy and Schwarz).
static bool possible(const learn_classes *s, uint32_t place) {
    const learn_class *c = learn_at(s, place);
    const int32_t *sum = learn_sums(s, place), n = c->examples;
    for (uint32_t i = 0; i < s->features; i++)
        if (sum[i] < -128 * n || sum[i] > 127 * n) return false;
    const uint64_t most = (uint64_t)c->examples * s->features * SQUARE_MOST, squares = squares_of(c);
    return squares <= most && squares * c->examples >= sum_length(s, place);
}

static bool named(const learn_class *c) {
    uint32_t end = 0;
    while (end < LEARN_LABEL && c->label[end]) end++;
    for (uint32_t i = end; i < LEARN_LABEL; i++)
        if (c->label[i]) return false;
    return end > 0 && end < LEARN_LABEL;
}

bool learn_valid(const learn_classes *s, uint32_t place) {
    const learn_class *c = learn_at(s, place);
    return c->magic == LEARN_MAGIC && c->model == s->model && c->features == s->features && c->examples && named(c) &&
           c->crc == crc_of(s, place) && possible(s, place);
}

uint32_t learn_distance(const learn_classes *s, uint32_t place, const int8_t *x) {
    const int32_t *sum = learn_sums(s, place), n = learn_at(s, place)->examples;
    uint64_t made = 0;
    if (!n) return UINT32_MAX;
    for (uint32_t i = 0; i < s->features; i++) {
        const int64_t off = n * x[i] - (int64_t)sum[i];
        made += (uint64_t)(off * off);
    }
    return (uint32_t)(made / ((uint64_t)n * (uint64_t)n));
}

uint32_t learn_between(const learn_classes *s, uint32_t a, uint32_t b) {
    const int32_t *one = learn_sums(s, a), *other = learn_sums(s, b);
    const int64_t n = learn_at(s, a)->examples, m = learn_at(s, b)->examples;
    uint64_t made = 0;
    if (!n || !m) return UINT32_MAX;
    for (uint32_t i = 0; i < s->features; i++) { // means in 1/16 of a step
        const int64_t off = 16 * (int64_t)one[i] / n - 16 * (int64_t)other[i] / m;
        made += (uint64_t)(off * off);
    }
    return (uint32_t)(made / 256);
}

uint32_t learn_stray(const learn_classes *s) {
    uint64_t all = (uint64_t)LEARN_PRIOR * s->features * s->stray * s->stray, free = LEARN_PRIOR;
    for (uint32_t i = 0; i < s->places; i++) {
        const learn_class *c = learn_at(s, i);
        if (!learn_taken(s, i) || c->examples < 2) continue;
        const uint64_t squares = squares_of(c), mean = sum_length(s, i) / c->examples;
        all += squares > mean ? squares - mean : 0;
        free += c->examples - 1u;
    }
    return all / free ? (uint32_t)(all / free) : 1;
}
