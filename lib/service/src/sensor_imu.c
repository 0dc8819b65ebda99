// The inertial unit. A file for each sensor: a program is linked with the drivers of those that it reads.
#include "internal.h"

service_stream service_imu(uint32_t rate_mhz) {
    static const char *const accel[] = {"ax", "ay", "az"};
    static const char *const gyro[] = {"gx", "gy", "gz"};
    static const service_channels groups[] = {{accel, 3, "g", BOARD_ACCEL_PER_G}, {gyro, 3, "dps", BOARD_GYRO_PER_DPS}};
    service_stream stream = {"imu", rate_mhz, groups, 2};
    return stream;
}

static size_t injected(board_imu_sample *samples, size_t count) {
    size_t taken = 0;
    while (taken < count && service_injected(samples[taken].axis, 1)) samples[taken++].time_us = board_micros();
    return taken;
}

size_t service_read_imu(board_imu_sample *samples, size_t count) {
    size_t taken = board_imu_read(samples, count);
    if (service_injecting()) taken = injected(samples, count);
    for (size_t i = 0; i < taken; i++) service_samples(0, samples[i].axis, 1, samples[i].time_us);
    return taken;
}
