#include "frontend/imu.h"

#include "frontend/integer.h"
#include "scale.h"
#include <string.h>

// Values are carried as x + 32768, so that sums and divisions stay unsigned and "half up" is the same for every sign.
enum { OFFSET = 32768, ACCEL_AXES = 3 };

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
}

// One sample at the model's rate into the ring; true when it makes a window due.
static bool keep(imu_frontend *f, const int16_t sample[IMU_AXES]) {
    memcpy(f->history[f->next], sample, sizeof f->history[0]);
    f->next = (uint16_t)(f->next + 1 == f->config->window ? 0 : f->next + 1);
    if (--f->until_due) return false;
    f->until_due = f->config->hop;
    return true;
}

static int16_t rounded_mean(uint64_t sum, uint32_t weight) {
    return (int16_t)((int32_t)((sum + weight / 2) / weight) - OFFSET);
}

static void accumulate(imu_frontend *f, const int16_t sample[IMU_AXES], uint32_t time) {
    for (int axis = 0; axis < IMU_AXES; axis++) f->sum[axis] += (uint64_t)(sample[axis] + OFFSET) * time;
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
                uint64_t before = (uint64_t)(f->last[axis] + OFFSET) * (model - f->phase);
                uint64_t after = (uint64_t)(sample[axis] + OFFSET) * f->phase;
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
    for (uint16_t i = 0; i < f->config->window; i++) sum += (uint64_t)(f->history[i][axis] + OFFSET);
    return rounded_mean(sum, f->config->window);
}

static int8_t to_int8(imu_frontend *f, int axis, int32_t x) {
    const imu_config *c = f->config;
    const int32_t q = scaled(x, scale_of(c->multiplier[axis], c->shift, c->zero_point));
    return saturated(q, &f->saturated[axis], &f->saturated[axis]);
}

void imu_window(imu_frontend *f, int8_t *out) {
    int32_t mean[IMU_AXES] = {0};
    for (int axis = 0; f->config->remove_mean && axis < ACCEL_AXES; axis++) mean[axis] = mean_of(f, axis);
    uint16_t at = f->next; // the oldest
    for (uint16_t i = 0; i < f->config->window; i++) {
        for (int axis = 0; axis < IMU_AXES; axis++) *out++ = to_int8(f, axis, f->history[at][axis] - mean[axis]);
        at = (uint16_t)(at + 1 == f->config->window ? 0 : at + 1);
    }
}

uint32_t imu_level(const imu_frontend *f) {
    const uint64_t count = f->config->window;
    uint64_t total = 0; // of the variances
    for (int axis = 0; axis < IMU_AXES; axis++) {
        uint64_t sum = 0, squares = 0; // products may wrap round, their difference, below 2^62, may not
        for (uint16_t i = 0; i < count; i++) {
            const uint64_t x = (uint64_t)(f->history[i][axis] + OFFSET);
            sum += x;
            squares += x * x;
        }
        total += (count * squares - sum * sum) / (count * count);
    }
    return square_root(total);
}
