#include "health/health.h"

#include "count.h"
#include "repeat.h"
#include <string.h>

enum { WINDOWS_PER_1000_S = 4000, LEAST_WINDOW = 4, MOST_WINDOW = 32768, LEAST_REPEATED = 16, TOLD = 6, ENDED = 4 };

static void begin_window(health *h) {
    const health_channel empty = {INT16_MAX, INT16_MIN, 0, 0, 0, 0};
    h->filled = 0;
    for (uint8_t i = 0; i < h->channels; i++) h->channel[i] = empty;
}

void health_init(health *h, const health_config *config, uint32_t rate_mhz) {
    const uint32_t most_mhz = config->most_hz * 1000u, stride = most_mhz ? (rate_mhz + most_mhz - 1) / most_mhz : 1;
    memset(h, 0, sizeof *h);
    h->stride = (uint16_t)(stride < 1 ? 1 : stride > UINT16_MAX ? UINT16_MAX : stride);
    const uint32_t window = rate_mhz / h->stride / WINDOWS_PER_1000_S;
    h->config = config;
    h->rate_mhz = rate_mhz;
    h->window = (uint16_t)(window < LEAST_WINDOW ? LEAST_WINDOW : window > MOST_WINDOW ? MOST_WINDOW : window);
    for (uint8_t i = 0; i < config->groups; i++) h->channels = (uint8_t)(h->channels + config->group[i].channels);
    begin_window(h);
}

static void measure(health_channel *c, const int16_t *value, size_t count, size_t step) {
    int32_t low = c->low, high = c->high, sum = c->sum;
    uint32_t at_low = c->at_low, at_high = c->at_high;
    int64_t squares = c->squares;
    for (; count > 0; count--, value += step) {
        const int32_t x = *value;
        sum += x;
        squares += x * x;
        if (x >= high) {
            if (x > high) at_high = 0;
            high = x;
            at_high++;
        }
        if (x <= low) {
            if (x < low) at_low = 0;
            low = x;
            at_low++;
        }
    }
    const health_channel made = {(int16_t)low, (int16_t)high, (uint16_t)at_low, (uint16_t)at_high, sum, squares};
    *c = made;
}

static void compare(health *h, const int16_t *row, size_t count, size_t step) {
    health_repeat r = h->repeat;
    for (; count > 0; count--, row += step) {
        uint32_t key = 0;
        for (uint8_t i = 0; i < h->channels; i++) key = key * 31u + (uint16_t)row[i];
        repeat_push(&r, key);
    }
    repeat_forget(&r, 2u * h->window);
    h->repeat = r;
}

typedef struct {     // a group's window; masks are of channels
    uint16_t span;   // the widest
    uint32_t vector; // squared length of the mean
    uint64_t power;  // sum of the variances
    uint8_t channels;
    uint8_t constant;
    uint8_t flat;
} view;

// A third of the values or more are exactly the largest or the smallest, besides the two that always are.
static bool is_flat(const health *h, const health_channel *c, const health_limits *limits) {
    return limits->flat && c->high - c->low >= limits->flat && (c->at_low + c->at_high - 2u) * 3u >= h->window;
}

// Its value is that of the last row of the window before, too. A channel that keeps still for a quarter of a second now
// and then, each time elsewhere, is alive.
static bool is_constant(const health *h, uint8_t channel) {
    const health_channel *c = &h->channel[channel];
    return c->high == c->low && c->low == h->last[channel];
}

static view look(const health *h, const health_limits *limits, uint8_t first) {
    const int64_t n = h->window;
    view v = {0, 0, 0, 0, 0, 0};
    for (uint8_t i = first; i < first + limits->channels; i++) {
        const health_channel *c = &h->channel[i];
        const uint8_t bit = (uint8_t)(1u << i);
        const int32_t mean = (int32_t)(c->sum / n);
        const uint16_t span = (uint16_t)(c->high - c->low);
        v.channels |= bit;
        if (is_constant(h, i)) v.constant |= bit;
        if (is_flat(h, c, limits)) v.flat |= bit;
        if (span > v.span) v.span = span;
        v.vector += (uint32_t)(mean * mean);
        v.power += (uint64_t)((c->squares - (int64_t)c->sum * c->sum / n) / n);
    }
    return v;
}

static bool is_longer(const view *v, uint16_t length) {
    return v->vector > (uint32_t)length * length;
}

static bool lacks_gravity(const view *v, const health_limits *limits) {
    const bool rests = v->span <= limits->rest;
    if (!limits->high) return false;
    return is_longer(v, rests ? limits->rest_high : limits->high) ||
           !is_longer(v, rests ? limits->rest_low : limits->low);
}

typedef struct {
    uint8_t constant, offset, flat, quiet, loud, gravity; // channels
} findings;

static void judge_group(const view *v, const health_limits *limits, findings *f) {
    const bool loud = limits->loud && v->power >= (uint64_t)limits->loud * limits->loud;
    f->constant |= v->constant;
    f->flat |= v->flat;
    if (limits->offset && v->span <= limits->rest && is_longer(v, limits->offset)) f->offset |= v->channels;
    if (v->span && v->span <= limits->quiet) f->quiet |= v->channels;
    if (loud) f->loud |= v->channels;
    if (lacks_gravity(v, limits)) f->gravity |= v->channels;
}

static void end_window(health *h) {
    const uint8_t all = health_all(h);
    const bool again = h->repeat.verified >= LEAST_REPEATED && h->repeat.verified >= h->window;
    findings f = {0, 0, 0, 0, 0, 0};
    uint8_t first = 0;
    for (uint8_t i = 0; i < h->config->groups; i++) {
        const health_limits *limits = &h->config->group[i];
        const view v = look(h, limits, first);
        judge_group(&v, limits, &f);
        first = (uint8_t)(first + limits->channels);
    }
    const uint8_t constant = f.constant & (uint8_t)~h->config->unused;
    const bool stuck = constant == (all & ~h->config->unused);
    health_tell(h, HEALTH_STUCK, stuck ? constant : 0, TOLD, ENDED);
    health_tell(h, HEALTH_DEAD, stuck ? 0 : constant, TOLD, ENDED);
    health_tell(h, HEALTH_REPEATING, again && !stuck ? all : 0, 1, ENDED);
    health_tell(h, HEALTH_OFFSET, f.offset, TOLD, ENDED);
    health_tell(h, HEALTH_SATURATED, f.flat, TOLD, ENDED);
    health_tell(h, HEALTH_QUIET, f.quiet, TOLD, ENDED);
    health_tell(h, HEALTH_LOUD, f.loud, TOLD, ENDED);
    health_tell(h, HEALTH_GRAVITY, f.gravity, TOLD, ENDED);
    begin_window(h);
}

void health_push(health *h, const int16_t *rows, size_t count) {
    const size_t stride = h->stride, step = stride * h->channels;
    h->rows += (uint32_t)count;
    while (count > h->skip) {
        const size_t here = (count - h->skip - 1) / stride + 1, room = (size_t)(h->window - h->filled);
        const size_t taken = here < room ? here : room;
        const int16_t *first = rows + h->skip * h->channels;
        for (uint8_t i = 0; i < h->channels; i++) measure(&h->channel[i], first + i, taken, step);
        compare(h, first, taken, step);
        h->filled = (uint16_t)(h->filled + taken);
        if (h->filled == h->window) {
            end_window(h);
            for (uint8_t i = 0; i < h->channels; i++) h->last[i] = first[(taken - 1) * step + i];
        }
        const size_t end = h->skip + taken * stride; // the next row that is looked at
        const size_t used = end < count ? end : count;
        h->skip = (uint16_t)(end - used);
        rows += used * h->channels;
        count -= used;
    }
    h->skip = (uint16_t)(h->skip - count);
}
