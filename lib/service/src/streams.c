// LINK_DATA: the sensor's samples and the model's scores, for a host that asked for them.
#include "board/board.h"
#include "internal.h"

#include <string.h>

enum { BATCH_SAMPLES = 16, BATCH_US = 100000 }; // a frame goes when it is full or its first sample is so old

static struct {
    bool on[STREAMS];
    uint8_t payload[BATCH_SAMPLES * SERVICE_MAX_CHANNELS * 2];
    size_t size;
    uint32_t first_us;
} streams;

typedef char batch_fits_a_frame[sizeof streams.payload <= LINK_MAX_PAYLOAD ? 1 : -1];

service_stream service_imu(uint32_t rate_mhz) {
    static const char *const accel[] = {"ax", "ay", "az"};
    static const char *const gyro[] = {"gx", "gy", "gz"};
    static const service_channels groups[] = {{accel, 3, "g", BOARD_ACCEL_PER_G}, {gyro, 3, "dps", BOARD_GYRO_PER_DPS}};
    service_stream stream = {"imu", rate_mhz, groups, 2};
    return stream;
}

void service_streams_init(void) {
    memset(&streams, 0, sizeof streams);
}

static bool exists(uint8_t stream) {
    return stream == SENSOR_STREAM || (stream == SCORE_STREAM && service_classes());
}

bool service_switch_stream(uint8_t stream, bool on) {
    if (stream != 0xFF && !exists(stream)) return false;
    for (uint8_t i = 0; i < STREAMS; i++)
        if ((stream == 0xFF || stream == i) && exists(i)) streams.on[i] = on;
    if (!streams.on[SENSOR_STREAM]) streams.size = 0;
    return true;
}

static void send_batch(void) {
    service_send(LINK_DATA, SENSOR_STREAM, streams.first_us, streams.payload, streams.size);
    streams.size = 0;
}

void service_sample(const int16_t *sample, uint32_t time_us) {
    if (!streams.on[SENSOR_STREAM]) return;
    uint8_t channels = service_channel_count();
    if (streams.size == 0) streams.first_us = time_us;
    for (uint8_t i = 0; i < channels; i++) streams.size += put_u16(streams.payload + streams.size, (uint16_t)sample[i]);
    if (streams.size == (size_t)BATCH_SAMPLES * channels * 2) send_batch();
}

void service_streams_poll(void) {
    if (streams.size && service.now_us - streams.first_us >= BATCH_US) send_batch();
}

void service_send_scores(uint32_t time_us) {
    if (streams.on[SCORE_STREAM])
        service_send(LINK_DATA, SCORE_STREAM, time_us, service.stats.scores, service_classes());
}
