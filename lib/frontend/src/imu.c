#include "frontend/imu.h"

#include "frontend/integer.h"
#include "scale.h"
#include <string.h>

// Values are carried as x + 32768, so that sums and divisions stay unsigned and "half up" is the same for every sign.
enum { OFFSET = 32768, ACCEL_AXES = 3 };
enum { FINE = 256, LEAST_GRAVITY = 256 }; // parts of a count; counts, 1/8 g: the mean of less has no direction

void imu_init(imu_frontend *f, const imu_config *config, uint32_t sensor_rate_mhz, int16_t (*history)[IMU_AXES]) {
    memset(f, 0, sizeof *f);
    f->config = config;
    f->history = history;
    imu_reset(f, sensor_rate_mhz);
}

void imu_reset(imu_frontend *f, uint32_t sensor_rate_mhz) {
    f->sensor_rate_mhz = sensor_rate_mhz ? sensor_rate_mhz : f->config->rate_mhz;
    f->next = 0;
    f->until_due = f->config->window;
    f->phase = 0;
    f->started = false;
    memset(f->sum, 0, sizeof f->sum);
    memset(f->gravity, 0, sizeof f->gravity);
    f->settled = 0;
}

// The mean of all samples at first, a low pass as soon as there are `settle` of them.
static void feel(imu_frontend *f, const int16_t sample[IMU_AXES]) {
    if (!f->config->hold.settle) return;
    if (f->settled < f->config->hold.settle) f->settled++;
    for (int axis = 0; axis < ACCEL_AXES; axis++)
        f->gravity[axis] += ((int32_t)sample[axis] * FINE - f->gravity[axis]) / f->settled;
}

// One sample at the model's rate into the ring; true when it makes a window due.
static bool keep(imu_frontend *f, const int16_t sample[IMU_AXES]) {
    memcpy(f->history[f->next], sample, sizeof f->history[0]);
    feel(f, sample);
    f->next = (uint16_t)(f->next + 1 == f->config->window ? 0 : f->next + 1);
    if (--f->until_due) return false;
    f->until_due = f->config->hop;
    return true;
}

static int16_t rounded_mean(uint64_t sum, uint32_t weight) {
    return (int16_t)((int32_t)((sum + weight / 2) / weight) - OFFSET);
}

static void accumulate(imu_frontend *f, const int16_t sample[IMU_AXES], uint32_t time) {
    for (int axis = 0; axis < IMU_AXES; axis++) f->sum[axis] += (uint64_t)((int32_t)sample[axis] + OFFSET) * time;
}

// Time is counted in units in which a sensor sample lasts `model` and a model sample lasts `sensor`: both are exact.
static bool average(imu_frontend *f, const int16_t sample[IMU_AXES]) {
    uint32_t model = f->config->rate_mhz, sensor = f->sensor_rate_mhz;
    uint32_t room = sensor - f->phase;
    if (model < room) {
        accumulate(f, sample, model);
        f->phase += model;
        return false;
    }
    int16_t mean[IMU_AXES];
    accumulate(f, sample, room);
    for (int axis = 0; axis < IMU_AXES; axis++) mean[axis] = rounded_mean(f->sum[axis], sensor);
    memset(f->sum, 0, sizeof f->sum);
    f->phase = model - room;
    accumulate(f, sample, f->phase);
    return keep(f, mean);
}

static bool interpolate(imu_frontend *f, const int16_t sample[IMU_AXES]) {
    uint32_t model = f->config->rate_mhz, sensor = f->sensor_rate_mhz;
    bool due = false;
    if (!f->started) {
        f->started = true;
        f->phase = sensor;
        due = keep(f, sample);
    } else {
        for (; f->phase <= model; f->phase += sensor) {
            int16_t between[IMU_AXES];
            for (int axis = 0; axis < IMU_AXES; axis++) {
                uint64_t before = (uint64_t)((int32_t)f->last[axis] + OFFSET) * (model - f->phase);
                uint64_t after = (uint64_t)((int32_t)sample[axis] + OFFSET) * f->phase;
                between[axis] = rounded_mean(before + after, model);
            }
            due |= keep(f, between);
        }
        f->phase -= model;
    }
    memcpy(f->last, sample, sizeof f->last);
    return due;
}

bool imu_push(imu_frontend *f, const int16_t sample[IMU_AXES]) {
    f->samples++;
    bool due = f->sensor_rate_mhz < f->config->rate_mhz ? interpolate(f, sample) : average(f, sample);
    if (due) f->windows++;
    return due;
}

static int32_t mean_of(const imu_frontend *f, int axis) {
    uint64_t sum = 0;
    for (uint16_t i = 0; i < f->config->window; i++) sum += (uint64_t)((int32_t)f->history[i][axis] + OFFSET);
    return rounded_mean(sum, f->config->window);
}

static int8_t to_int8(imu_frontend *f, int axis, int32_t x) {
    const imu_config *c = f->config;
    const int32_t q = scaled(x, scale_of(c->multiplier[axis], c->shift, c->zero_point));
    return saturated(q, &f->saturated[axis], &f->saturated[axis]);
}

// The way up as felt, of length IMU_UNIT; false where there is no gravity to speak of.
static bool felt(const imu_frontend *f, int32_t up[ACCEL_AXES]) {
    uint64_t squares = 0;
    for (int axis = 0; axis < ACCEL_AXES; axis++) {
        up[axis] = f->gravity[axis] / FINE;
        squares += (uint64_t)((int64_t)up[axis] * up[axis]);
    }
    const int32_t length = (int32_t)square_root(squares);
    if (length < LEAST_GRAVITY) return false;
    for (int axis = 0; axis < ACCEL_AXES; axis++) up[axis] = up[axis] * IMU_UNIT / length;
    return true;
}

static int32_t cosine(const int32_t a[ACCEL_AXES], const int16_t b[ACCEL_AXES]) {
    return (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) / IMU_UNIT;
}

// The way up, too, where it is within the limit of the hold.
static bool is_within(const imu_frontend *f, int32_t up[ACCEL_AXES]) {
    const imu_hold *hold = &f->config->hold;
    return felt(f, up) && cosine(up, hold->up) >= hold->least_cosine;
}

bool imu_held(const imu_frontend *f) {
    int32_t up[ACCEL_AXES];
    return !f->config->hold.settle || is_within(f, up);
}

typedef struct {
    int32_t row[ACCEL_AXES][ACCEL_AXES]; // of IMU_UNIT
} rotation;

// The shortest way from the way up as felt to that of the hold: with their cross product v and their cosine c it is
// c I + v v^T / (1 + c) + [v]. Where the device is held otherwise, nothing turns.
static rotation turn(const imu_frontend *f) {
    rotation r = {{{IMU_UNIT, 0, 0}, {0, IMU_UNIT, 0}, {0, 0, IMU_UNIT}}};
    const int16_t *to = f->config->hold.up;
    int32_t up[ACCEL_AXES], v[ACCEL_AXES];
    if (!f->config->hold.settle || !is_within(f, up)) return r;
    for (int i = 0; i < ACCEL_AXES; i++) {
        const int j = (i + 1) % ACCEL_AXES, k = (i + 2) % ACCEL_AXES;
        v[i] = (up[j] * to[k] - up[k] * to[j]) / IMU_UNIT;
    }
    const int32_t c = cosine(up, to);
    for (int i = 0; i < ACCEL_AXES; i++) {
        const int j = (i + 1) % ACCEL_AXES, k = (i + 2) % ACCEL_AXES;
        for (int at = 0; at < ACCEL_AXES; at++) r.row[i][at] = v[i] * v[at] / (IMU_UNIT + c);
        r.row[i][i] += c;
        r.row[i][j] -= v[k];
        r.row[i][k] += v[j];
    }
    return r;
}

// One axis of a turned vector, rounded half up. No overflow: no vector grows, and 65535 * sqrt(3) * IMU_UNIT fits.
static int32_t turned(const int32_t row[ACCEL_AXES], const int32_t x[ACCEL_AXES]) {
    return (row[0] * x[0] + row[1] * x[1] + row[2] * x[2] + IMU_UNIT / 2) >> 14;
}

void imu_window(imu_frontend *f, int8_t *out) {
    const rotation r = turn(f);
    int32_t mean[IMU_AXES] = {0}, x[IMU_AXES];
    for (int axis = 0; f->config->remove_mean && axis < ACCEL_AXES; axis++) mean[axis] = mean_of(f, axis);
    uint16_t at = f->next; // the oldest
    for (uint16_t i = 0; i < f->config->window; i++) {
        for (int axis = 0; axis < IMU_AXES; axis++) x[axis] = f->history[at][axis] - mean[axis];
        for (int axis = 0; axis < IMU_AXES; axis++)
            *out++ = to_int8(f, axis, turned(r.row[axis % ACCEL_AXES], axis < ACCEL_AXES ? x : x + ACCEL_AXES));
        at = (uint16_t)(at + 1 == f->config->window ? 0 : at + 1);
    }
}

uint32_t imu_level(const imu_frontend *f) {
    const uint64_t count = f->config->window;
    uint64_t total = 0; // of the variances
    for (int axis = 0; axis < IMU_AXES; axis++) {
        uint64_t sum = 0, squares = 0; // products may wrap round, their difference, below 2^62, may not
        for (uint16_t i = 0; i < count; i++) {
            const uint64_t x = (uint64_t)((int32_t)f->history[i][axis] + OFFSET);
            sum += x;
            squares += x * x;
        }
        total += (count * squares - sum * sum) / (count * count);
    }
    return square_root(total);
}
