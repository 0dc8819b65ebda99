// The inertial unit. A file for each sensor: a program is linked with the drivers of those that it reads.
#include "core.h"

service_stream service_imu(uint32_t rate_mhz) {
    static const char *const accel[] = {"ax", "ay", "az"};
    static const char *const gyro[] = {"gx", "gy", "gz"};
    static const service_channels groups[] = {{accel, 3, "g", BOARD_ACCEL_PER_G}, {gyro, 3, "dps", BOARD_GYRO_PER_DPS}};
    service_stream stream = {"imu", rate_mhz, groups, 2, SERVICE_INT16};
    return stream;
}

static size_t injected(board_imu_sample *samples, size_t count) {
    size_t taken = 0;
    while (taken < count && service_injected(samples[taken].axis, 1)) samples[taken++].time_us = board_micros();
    return taken;
}

// One at a time from the sensor, so that it is known before which of them it dropped some.
static size_t forward(uint8_t sensor, board_imu_sample *samples, size_t count) {
    size_t taken = 0, more;
    do {
        uint32_t before = board_sensor_overruns();
        more = taken < count ? board_imu_read(samples + taken, 1) : 0;
        service_lost(sensor, board_sensor_overruns() - before);
        if (more) service_samples(sensor, samples[taken].axis, 1, samples[taken].time_us);
        taken += more;
    } while (more);
    return taken;
}

static size_t read(board_imu_sample *samples, size_t count) {
    if (!service_injecting()) return forward(0, samples, count);
    board_imu_read(samples, count); // the sensor runs on, unheard
    size_t taken = injected(samples, count);
    for (size_t i = 0; i < taken; i++) service_samples(0, samples[i].axis, 1, samples[i].time_us);
    return taken;
}

size_t service_read_imu(board_imu_sample *samples, size_t count) {
    for (;;) {
        const size_t taken = read(samples, count);
        bool believed = service_believes(NULL, 0, taken < count);
        for (size_t i = 0; i < taken; i++) believed = service_believes(samples[i].axis, 1, false);
        if (believed || taken == 0) return taken;
    }
}

size_t service_forward_imu(uint8_t sensor) {
    board_imu_sample samples[SERVICE_BATCH / (2 * BOARD_IMU_AXES)];
    return forward(sensor, samples, sizeof samples / sizeof samples[0]);
}
