// The microphone: signed 16-bit PCM, one channel.
#include "internal.h"

service_stream service_mic(uint32_t rate_mhz) {
    static const char *const pcm[] = {"pcm"};
    static const service_channels groups[] = {{pcm, 1, "FS", 32768}};
    service_stream stream = {"mic", rate_mhz, groups, 1};
    return stream;
}

size_t service_read_mic(int16_t *pcm, size_t count, uint32_t *last_us) {
    static service_clock clock;
    size_t taken = board_mic_read(pcm, count);
    if (service_injecting()) taken = service_injected(pcm, count);
    uint32_t rate = service.config->sensor[0].rate_mhz;
    *last_us = service_clock_read(&clock, rate, taken, taken < count);
    if (taken) service_samples(0, pcm, taken, *last_us - service_span_us(rate, taken - 1));
    return taken;
}
