// The accelerometer alone, at a rate for vibration.
#include "internal.h"

service_stream service_accel(uint32_t rate_mhz) {
    static const char *const axes[] = {"ax", "ay", "az"};
    static const service_channels groups[] = {{axes, 3, "g", BOARD_ACCEL_PER_G}};
    service_stream stream = {"accel", rate_mhz, groups, 1};
    return stream;
}

size_t service_read_accel(int16_t (*xyz)[3], size_t count, uint32_t *last_us) {
    static service_clock clock;
    size_t taken = board_accel_read(xyz, count);
    if (service_injecting()) taken = service_injected(&xyz[0][0], count);
    uint32_t rate = service.config->sensor[0].rate_mhz;
    *last_us = service_clock_read(&clock, rate, taken, taken < count);
    if (taken) service_samples(0, &xyz[0][0], taken, *last_us - service_span_us(rate, taken - 1));
    return taken;
}
