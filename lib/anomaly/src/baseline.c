#include "anomaly/baseline.h"

#include "frontend/integer.h" // square_root
#include "nn/model.h"         // nn_crc32

#include <stddef.h>
#include <string.h>

enum { FACTOR_BITS = 20, COVARIANCE_BITS = 40, INVERSE_BITS = 24, KEPT_BITS = 14 };

static uint32_t room_of(const anomaly_baseline *b) { // windows, an even number
    const uint32_t fit = ANOMALY_KEPT / b->features & ~1u;
    return fit < ANOMALY_MOST_KEPT ? fit : ANOMALY_MOST_KEPT;
}

static bool has_features(const anomaly_baseline *b) {
    return b->features >= 1 && b->features <= ANOMALY_MAX_FEATURES;
}

void anomaly_baseline_clear(anomaly_baseline *b, uint8_t features, uint32_t model) {
    memset(b, 0, sizeof *b);
    b->magic = ANOMALY_BASELINE_MAGIC;
    b->model = model;
    b->features = features;
    b->stride = 1;
}

uint32_t anomaly_baseline_kept(const anomaly_baseline *b) {
    return b->stride ? (b->windows + b->stride - 1) / b->stride : 0;
}

static void drop_every_second(anomaly_baseline *b) {
    const uint32_t n = b->features, left = room_of(b) / 2;
    for (uint32_t i = 1; i < left; i++) memcpy(b->kept + i * n, b->kept + 2 * i * n, n);
    memset(b->kept + left * n, 0, left * n);
    b->stride *= 2;
}

bool anomaly_baseline_learn(anomaly_baseline *b, const int8_t *x) {
    if (b->windows >= ANOMALY_MAX_WINDOWS || !has_features(b)) return false;
    for (uint32_t i = 0; i < b->features; i++) b->saturated += x[i] == INT8_MIN || x[i] == INT8_MAX;
    if (b->windows % b->stride == 0) {
        if (b->windows / b->stride == room_of(b)) drop_every_second(b);
        memcpy(b->kept + b->windows / b->stride * b->features, x, b->features);
    }
    b->windows++;
    return true;
}

static uint32_t crc_of(const anomaly_baseline *b) {
    return nn_crc32(b, (uint32_t)offsetof(anomaly_baseline, crc));
}

void anomaly_baseline_seal(anomaly_baseline *b) {
    b->crc = crc_of(b);
}

bool anomaly_baseline_valid(const anomaly_baseline *b, uint8_t features, uint32_t model) {
    return b->magic == ANOMALY_BASELINE_MAGIC && b->model == model && b->features == features &&
           b->windows <= ANOMALY_MAX_WINDOWS && b->crc == crc_of(b);
}

static int64_t divided(int64_t a, int64_t b) { // to the nearest; b > 0
    return a < 0 ? -((-a + b / 2) / b) : (a + b / 2) / b;
}

typedef struct { // of some windows, exactly
    uint32_t features, windows;
    int32_t sum[ANOMALY_MAX_FEATURES];
    int32_t product[ANOMALY_PAIRS(ANOMALY_MAX_FEATURES)]; // of x[row] * x[column], column <= row, row after row
} sums;

static void add_window(sums *s, const int8_t *x) {
    int32_t *product = s->product;
    for (uint32_t row = 0; row < s->features; row++) {
        s->sum[row] += x[row];
        for (uint32_t column = 0; column <= row; column++) *product++ += x[row] * x[column];
    }
    s->windows++;
}

// Element of the covariance, Q40; its whole part fits 16 bits where the sums are those of int8 values.
static int64_t covariance(const sums *s, uint32_t row, uint32_t column, int32_t product) {
    const int64_t n = s->windows, scatter = n * product - (int64_t)s->sum[row] * s->sum[column];
    const int64_t whole = scatter / (n * (n - 1)), rest = scatter % (n * (n - 1));
    return whole * ((int64_t)1 << COVARIANCE_BITS) +
           divided(rest * (1 << 30), n * (n - 1)) * (1 << (COVARIANCE_BITS - 30));
}

typedef struct {                                          // lower triangles, row after row
    int32_t factor[ANOMALY_PAIRS(ANOMALY_MAX_FEATURES)];  // Cholesky's, Q20
    int32_t inverse[ANOMALY_PAIRS(ANOMALY_MAX_FEATURES)]; // its inverse, Q24
} triangles;

// Cholesky and Banachiewicz, row by row (Golub and Van Loan, "Matrix Computations", chapter 4.2).
static bool factorise(const sums *s, uint32_t ridge, int32_t *factor) {
    const int64_t floor = (int64_t)ridge << (COVARIANCE_BITS - 8);
    for (uint32_t row = 0; row < s->features; row++) {
        int32_t *mine = factor + ANOMALY_PAIRS(row);
        for (uint32_t column = 0; column <= row; column++) {
            const int32_t *other = factor + ANOMALY_PAIRS(column);
            int64_t left = covariance(s, row, column, s->product[ANOMALY_PAIRS(row) + column]);
            for (uint32_t i = 0; i < column; i++) left -= (int64_t)mine[i] * other[i];
            if (column < row) {
                const int64_t made = divided(left, other[column]);
                if (made > (1 << 28) || made < -(1 << 28)) return false;
                mine[column] = (int32_t)made;
            } else {
                if (left + floor < floor / 2) return false; // rounding takes little from the ridge
                mine[row] = (int32_t)square_root((uint64_t)(left + floor));
            }
        }
    }
    return true;
}

static bool invert(const int32_t *factor, uint32_t features, int32_t *inverse) {
    for (uint32_t row = 0; row < features; row++) {
        const int32_t *mine = factor + ANOMALY_PAIRS(row);
        int32_t *to = inverse + ANOMALY_PAIRS(row);
        for (uint32_t column = 0; column < row; column++) {
            int64_t sum = 0;
            for (uint32_t i = column; i < row; i++) sum -= (int64_t)mine[i] * inverse[ANOMALY_PAIRS(i) + column];
            const int64_t made = divided(sum, mine[row]);
            if (made > (1 << 25) || made < -(1 << 25)) return false;
            to[column] = (int32_t)made;
        }
        to[row] = (int32_t)divided((int64_t)1 << (INVERSE_BITS + FACTOR_BITS), mine[row]);
    }
    return true;
}

static int16_t kept(int32_t value) {
    const int32_t rounded = (value + (1 << (INVERSE_BITS - KEPT_BITS - 1))) >> (INVERSE_BITS - KEPT_BITS);
    return (int16_t)(rounded > INT16_MAX ? INT16_MAX : rounded < INT16_MIN ? INT16_MIN : rounded);
}

// Mean and W of a Gaussian around the windows; false: fewer than two.
static bool fit(const sums *s, uint32_t ridge, int16_t *mean, int16_t *inverse) {
    triangles t;
    if (s->windows < 2 || !factorise(s, ridge, t.factor) || !invert(t.factor, s->features, t.inverse)) return false;
    for (uint32_t i = 0; i < s->features; i++) mean[i] = (int16_t)divided((int64_t)s->sum[i] * 128, s->windows);
    for (uint32_t i = 0; i < ANOMALY_PAIRS(s->features); i++) inverse[i] = kept(t.inverse[i]);
    return true;
}

enum {
    ROUNDS = 4,
    NOWHERE = 0xFF,
    FOLD = 4,
    PASSED_OVER = 50,
    STRAY = 39,
    MARGIN = 14,
    MARGIN_OF_FEW = 64,
    MOST = 251
};

typedef struct {
    const anomaly_baseline *baseline;
    const anomaly_learning *how;
    uint32_t windows; // kept
    uint32_t centres;
    int8_t centre[ANOMALY_MODES][ANOMALY_MAX_FEATURES];        // of the levels alone
    uint8_t mode[ANOMALY_MOST_KEPT], level[ANOMALY_MOST_KEPT]; // of each kept window
} clustering;

static const int8_t *window_at(const anomaly_baseline *b, uint32_t index) {
    return b->kept + index * b->features;
}

// Between a window's levels and a centre: the largest difference.
static int32_t gap(const clustering *c, const int8_t *x, const int8_t *centre) {
    int32_t largest = 0;
    for (uint32_t i = 0; i < c->baseline->features; i += c->how->level_every) {
        const int32_t difference = x[i] < centre[i] ? centre[i] - x[i] : x[i] - centre[i];
        if (difference > largest) largest = difference;
    }
    return largest;
}

static uint32_t nearest(const clustering *c, const int8_t *x, int32_t *least) {
    uint32_t best = 0;
    for (uint32_t k = 0; k < c->centres; k++) {
        const int32_t found = gap(c, x, c->centre[k]);
        if (k == 0 || found < *least) *least = found, best = k;
    }
    return best;
}

// The window that is farthest from all centres becomes one, until none is `apart`.
static void find_centres(clustering *c) {
    const uint32_t n = c->baseline->features;
    memcpy(c->centre[0], window_at(c->baseline, 0), n);
    for (c->centres = 1; c->centres < ANOMALY_MODES; c->centres++) {
        int32_t farthest = c->how->apart;
        const int8_t *found = NULL;
        for (uint32_t i = 0; i < c->windows; i++) {
            int32_t least = 0;
            nearest(c, window_at(c->baseline, i), &least);
            if (least > farthest) farthest = least, found = window_at(c->baseline, i);
        }
        if (!found) return;
        memcpy(c->centre[c->centres], found, n);
    }
}

static void move_centre(clustering *c, uint32_t mode) {
    sums s = {c->baseline->features, 0, {0}, {0}};
    for (uint32_t i = 0; i < c->windows; i++)
        if (c->mode[i] == mode) add_window(&s, window_at(c->baseline, i));
    for (uint32_t i = 0; s.windows && i < s.features; i++) c->centre[mode][i] = (int8_t)divided(s.sum[i], s.windows);
}

static int32_t reach(const clustering *c) { // of a centre
    return c->how->apart == ANOMALY_ONE_MODE ? 255 : c->how->apart / 2;
}

static void assign(clustering *c) {
    for (uint32_t round = 0; round < ROUNDS; round++) {
        for (uint32_t i = 0; i < c->windows; i++) {
            int32_t least = 0;
            const uint32_t mode = nearest(c, window_at(c->baseline, i), &least);
            c->mode[i] = least <= reach(c) ? (uint8_t)mode : NOWHERE;
        }
        for (uint32_t k = 0; k < c->centres; k++) move_centre(c, k);
    }
}

// A window that no centre reaches, and that reaches enough of the others like it to be the centre of a mode.
static const int8_t *overlooked(const clustering *c) {
    for (uint32_t i = 0; i < c->windows; i++) {
        uint32_t around = 0;
        for (uint32_t j = 0; c->mode[i] == NOWHERE && j < c->windows; j++)
            around += c->mode[j] == NOWHERE && gap(c, window_at(c->baseline, j), window_at(c->baseline, i)) <= reach(c);
        if (around >= ANOMALY_LEAST) return window_at(c->baseline, i);
    }
    return NULL;
}

static void find_modes(clustering *c) {
    const int8_t *found;
    find_centres(c);
    assign(c);
    while (c->centres < ANOMALY_MODES && (found = overlooked(c))) {
        memcpy(c->centre[c->centres++], found, c->baseline->features);
        assign(c);
    }
}

static uint32_t members(const clustering *c, uint32_t mode) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < c->windows; i++) count += c->mode[i] == mode;
    return count;
}

// The windows of a mode in one fold; fold 2: all.
static sums sums_of(const clustering *c, uint32_t mode, uint32_t fold) {
    sums s = {c->baseline->features, 0, {0}, {0}};
    for (uint32_t i = 0, seen = 0; i < c->windows; i++) {
        if (c->mode[i] != mode) continue;
        if (fold == 2 || seen / FOLD % 2 == fold) add_window(&s, window_at(c->baseline, i));
        seen++;
    }
    return s;
}

// The windows of a fold by the Gaussian of the other one.
static void score_fold(clustering *c, uint32_t mode, uint32_t fold) {
    int16_t mean[ANOMALY_MAX_FEATURES], inverse[ANOMALY_PAIRS(ANOMALY_MAX_FEATURES)];
    const uint32_t offset = 0;
    const sums other = sums_of(c, mode, 1 - fold);
    const bool fits = fit(&other, c->how->ridge, mean, inverse);
    const anomaly_gaussians g = {(uint8_t)c->baseline->features, 1, 0, mean, inverse, &offset};
    for (uint32_t i = 0, seen = 0; i < c->windows; i++) {
        if (c->mode[i] != mode || seen++ / FOLD % 2 != fold) continue;
        c->level[i] = fits ? (uint8_t)anomaly_level(anomaly_distance(&g, window_at(c->baseline, i))) : 0;
    }
}

// The level that `above` windows of the mode exceed, at most.
static uint32_t quantile(const clustering *c, uint32_t mode, uint32_t above) {
    uint32_t level = 255, more = 0;
    for (; level > 0; level--) {
        for (uint32_t i = 0; i < c->windows; i++) more += c->mode[i] == mode && c->level[i] == level;
        if (more > above) break;
    }
    return level;
}

// What is far from the rest of its mode was no steady part of it, and would widen the Gaussian around a fault.
static void drop_strays(clustering *c, uint32_t mode) {
    const uint32_t limit = quantile(c, mode, members(c, mode) / 2) + STRAY;
    for (uint32_t i = 0; i < c->windows; i++)
        if (c->mode[i] == mode && c->level[i] > limit) c->mode[i] = NOWHERE;
}

static void score_mode(clustering *c, uint32_t mode) {
    for (uint32_t fold = 0; fold < 2; fold++) score_fold(c, mode, fold);
}

static uint8_t threshold_of(clustering *c, uint32_t mode) {
    const uint32_t windows = members(c, mode), apart = windows * c->baseline->stride / c->how->overlap;
    score_mode(c, mode);
    const uint32_t threshold = quantile(c, mode, windows / PASSED_OVER) + MARGIN + MARGIN_OF_FEW / (apart ? apart : 1u);
    return (uint8_t)(threshold < MOST ? threshold : MOST);
}

static bool learn_mode(clustering *c, uint32_t mode, anomaly_learnt *learnt) {
    const uint32_t to = learnt->modes;
    const bool enough = members(c, mode) >= 2 * ANOMALY_LEAST && c->how->apart != ANOMALY_ONE_MODE;
    for (uint32_t round = 0; enough && round < 2; round++) {
        score_mode(c, mode);
        drop_strays(c, mode);
    }
    const sums s = sums_of(c, mode, 2);
    if (!fit(&s, c->how->ridge, learnt->mean[to], learnt->inverse[to])) return false;
    learnt->windows[to] = (uint8_t)s.windows;
    learnt->threshold[to] = threshold_of(c, mode);
    learnt->modes++;
    return true;
}

static bool plausible(const anomaly_baseline *b, const anomaly_learning *how) {
    return has_features(b) && b->stride >= 1 && b->stride <= ANOMALY_MAX_WINDOWS && b->windows >= 2 &&
           b->windows <= ANOMALY_MAX_WINDOWS && anomaly_baseline_kept(b) >= 2 &&
           anomaly_baseline_kept(b) <= room_of(b) && how->ridge >= 256 && how->level_every >= 1 && how->overlap >= 1;
}

bool anomaly_baseline_modes(const anomaly_baseline *b, const anomaly_learning *how, anomaly_learnt *learnt) {
    clustering c = {b, how, 0, 0, {{0}}, {0}, {0}};
    uint32_t taken = 0;
    memset(learnt, 0, sizeof *learnt);
    if (!plausible(b, how)) return false;
    c.windows = anomaly_baseline_kept(b);
    find_modes(&c);
    for (uint32_t mode = 0; mode < c.centres; mode++) {
        if (members(&c, mode) < ANOMALY_LEAST) continue;
        if (!learn_mode(&c, mode, learnt)) return false;
        taken += members(&c, mode);
    }
    learnt->left_out = (uint8_t)(c.windows - taken);
    if (learnt->modes) return true;
    memset(c.mode, 0, sizeof c.mode); // too few windows for several ways of running: one
    const bool learns = learn_mode(&c, 0, learnt);
    learnt->left_out = (uint8_t)(c.windows - members(&c, 0));
    return learns;
}

int32_t anomaly_above(const anomaly_learnt *learnt, uint32_t features, const int8_t *x, uint32_t *mode) {
    const uint32_t offset = 0;
    int32_t least = INT32_MAX;
    for (uint32_t k = 0; k < learnt->modes; k++) {
        const anomaly_gaussians g = {(uint8_t)features, 1, 0, learnt->mean[k], learnt->inverse[k], &offset};
        const int32_t above = anomaly_level(anomaly_distance(&g, x)) - learnt->threshold[k];
        if (above < least) least = above, *mode = k;
    }
    return least;
}
