// The microphone: signed 16-bit PCM, one channel.
#include "core.h"

service_stream service_mic(uint32_t rate_mhz) {
    static const char *const pcm[] = {"pcm"};
    static const service_channels groups[] = {{pcm, 1, "FS", 32768}};
    service_stream stream = {"mic", rate_mhz, groups, 1, SERVICE_INT16};
    return stream;
}

static size_t read(uint8_t sensor, int16_t *pcm, size_t count, bool injecting, uint32_t *last_us) {
    static service_clock clock;
    uint32_t rate = service.config->sensor[sensor].rate_mhz, before = board_sensor_overruns();
    size_t taken = board_mic_read(pcm, count);
    uint32_t lost = board_sensor_overruns() - before;
    if (injecting) taken = service_injected(pcm, count), lost = 0;
    *last_us = service_clock_read(&clock, rate, lost + taken, taken < count);
    service_lost(sensor, lost);
    if (taken) service_samples(sensor, pcm, taken, *last_us - service_span_us(rate, taken - 1));
    return taken;
}

size_t service_read_mic(int16_t *pcm, size_t count, uint32_t *last_us) {
    size_t taken;
    do taken = read(0, pcm, count, service_injecting(), last_us);
    while (!service_believes(pcm, taken, taken < count) && taken > 0);
    return taken;
}

size_t service_forward_mic(uint8_t sensor) {
    int16_t pcm[SERVICE_BATCH / 2];
    uint32_t last_us;
    return read(sensor, pcm, SERVICE_BATCH / 2, false, &last_us);
}
