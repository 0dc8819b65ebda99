// The accelerometer alone, at a rate for vibration.
#include "core.h"

service_stream service_accel(uint32_t rate_mhz) {
    static const char *const axes[] = {"ax", "ay", "az"};
    static const service_channels groups[] = {{axes, 3, "g", BOARD_ACCEL_PER_G}};
    service_stream stream = {"accel", rate_mhz, groups, 1, SERVICE_INT16};
    return stream;
}

static size_t read(uint8_t sensor, int16_t (*xyz)[3], size_t count, bool injecting, uint32_t *last_us) {
    static service_clock clock;
    uint32_t rate = service.config->sensor[sensor].rate_mhz, before = board_sensor_overruns();
    size_t taken = board_accel_read(xyz, count);
    uint32_t lost = board_sensor_overruns() - before;
    if (injecting) taken = service_injected(&xyz[0][0], count), lost = 0;
    *last_us = service_clock_read(&clock, rate, lost + taken, taken < count);
    service_lost(sensor, lost);
    if (taken) service_samples(sensor, &xyz[0][0], taken, *last_us - service_span_us(rate, taken - 1));
    return taken;
}

size_t service_read_accel(int16_t (*xyz)[3], size_t count, uint32_t *last_us) {
    size_t taken;
    do taken = read(0, xyz, count, service_injecting(), last_us);
    while (!service_believes(&xyz[0][0], taken, taken < count) && taken > 0);
    return taken;
}

size_t service_forward_accel(uint8_t sensor) {
    int16_t xyz[SERVICE_BATCH / 6][3];
    uint32_t last_us;
    return read(sensor, xyz, SERVICE_BATCH / 6, false, &last_us);
}
