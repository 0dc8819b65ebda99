// The analogue channels, in millivolts.
#include "core.h"

service_stream service_analog(uint32_t rate_mhz) {
    static const char *const names[BOARD_ANALOG_MAX] = {"a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"};
    static service_channels groups[1];
    service_channels channels = {names, board_analog_channels(), "V", BOARD_ANALOG_PER_V};
    service_stream stream = {"analog", rate_mhz, groups, 1, SERVICE_INT16};
    groups[0] = channels;
    return stream;
}

size_t service_forward_analog(uint8_t sensor) {
    static service_clock clock;
    int16_t rows[SERVICE_BATCH / 2];
    size_t most = sizeof rows / sizeof rows[0] / service_channel_count(&service.config->sensor[sensor]);
    uint32_t rate = service.config->sensor[sensor].rate_mhz, before = board_sensor_overruns();
    size_t taken = board_analog_read(rows, most);
    uint32_t lost = board_sensor_overruns() - before;
    uint32_t last_us = service_clock_read(&clock, rate, lost + taken, taken < most);
    service_lost(sensor, lost);
    if (taken) service_samples(sensor, rows, taken, last_us - service_span_us(rate, taken - 1));
    return taken;
}
