#include "frontend/impact.h"

#include "frontend/integer.h"
#include "scale.h"
#include <string.h>

enum { LEAST_GRAVITY = 256 }; // counts, 1/8 g: the mean of less has no direction

static uint16_t size_of(const impact_config *config) {
    return (uint16_t)(config->before + 1 + config->after);
}

void impact_init(impact_frontend *f, const impact_config *config, uint32_t sensor_rate_mhz,
                 int16_t (*history)[IMU_AXES]) {
    memset(f, 0, sizeof *f);
    f->config = config;
    f->ring.rate_mhz = config->rate_mhz;
    f->ring.window = size_of(config);
    f->ring.hop = 1;
    imu_init(&f->samples, &f->ring, sensor_rate_mhz, history);
}

void impact_reset(impact_frontend *f, uint32_t sensor_rate_mhz) {
    imu_reset(&f->samples, sensor_rate_mhz);
}

bool impact_push(impact_frontend *f, const int16_t sample[IMPACT_AXES]) {
    int16_t whole[IMU_AXES] = {0};
    memcpy(whole, sample, IMPACT_AXES * sizeof *sample);
    return imu_push(&f->samples, whole);
}

static const int16_t *sample_at(const impact_frontend *f, uint16_t index) { // 0: the oldest
    const uint32_t at = (uint32_t)f->samples.next + index;
    return f->samples.history[at < f->ring.window ? at : at - f->ring.window];
}

static uint32_t squared(const int16_t a[IMPACT_AXES]) { // at most 3 * 2^30
    uint32_t sum = 0;
    for (int axis = 0; axis < IMPACT_AXES; axis++) sum += (uint32_t)(a[axis] * a[axis]);
    return sum;
}

uint32_t impact_level(const impact_frontend *f) {
    const uint16_t middle = f->config->before;
    const uint32_t peak = squared(sample_at(f, middle));
    for (uint16_t i = (uint16_t)(f->ring.window - 1); i > middle; i--)
        if (squared(sample_at(f, i)) > peak) return 0;
    for (uint16_t i = middle; i-- > 0;)
        if (squared(sample_at(f, i)) >= peak) return 0;
    return square_root(peak);
}

typedef struct {
    int32_t sum[IMPACT_AXES];
    int32_t length; // of the sum
} direction;

static direction gravity(const impact_frontend *f, uint16_t first) {
    direction d = {{0}, 0};
    uint64_t squares = 0;
    for (uint16_t i = 0; i < f->config->rest; i++)
        for (int axis = 0; axis < IMPACT_AXES; axis++) d.sum[axis] += sample_at(f, (uint16_t)(first + i))[axis];
    for (int axis = 0; axis < IMPACT_AXES; axis++) squares += (uint64_t)((int64_t)d.sum[axis] * d.sum[axis]);
    const uint32_t length = square_root(squares), least = (uint32_t)LEAST_GRAVITY * f->config->rest;
    d.length = (int32_t)(length > least ? length : least);
    return d;
}

static int32_t along(const direction *d, const int16_t a[IMPACT_AXES]) { // rounds towards 0
    int64_t sum = 0;
    for (int axis = 0; axis < IMPACT_AXES; axis++) sum += (int64_t)d->sum[axis] * a[axis];
    return (int32_t)(sum / d->length);
}

static int32_t jerk(const int16_t now[IMPACT_AXES], const int16_t last[IMPACT_AXES]) {
    uint64_t sum = 0;
    for (int axis = 0; axis < IMPACT_AXES; axis++)
        sum += (uint64_t)((int64_t)(now[axis] - last[axis]) * (now[axis] - last[axis]));
    return (int32_t)square_root(sum);
}

void impact_window(impact_frontend *f, int8_t *out) {
    const impact_config *c = f->config;
    const direction before = gravity(f, 0), after = gravity(f, (uint16_t)(f->ring.window - c->rest));
    for (uint16_t i = 0; i < f->ring.window; i++) {
        const int16_t *now = sample_at(f, i), *last = sample_at(f, (uint16_t)(i ? i - 1 : 0));
        const int32_t values[IMPACT_VALUES] = {
            (int32_t)square_root(squared(now)),
            along(&before, now),
            along(&after, now),
            jerk(now, last),
        };
        for (int v = 0; v < IMPACT_VALUES; v++) {
            const int32_t q = scaled(values[v], scale_of(c->multiplier, c->shift, c->zero_point[v]));
            *out++ = saturated(q, &f->saturated[v], &f->saturated[v]);
        }
    }
}
