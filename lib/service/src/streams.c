// LINK_DATA: the sensors' samples, the model's scores and the cost of each window, for a host that asked for them.
#include "board/board.h"
#include "core.h"

#include <string.h>

enum { BATCH_US = 100000 }; // a frame goes when it is full or its first sample is so old

typedef struct {
    uint8_t payload[SERVICE_BATCH];
    size_t size;
    uint32_t first_us;
    uint32_t lost; // rows, ever
} batch;

static struct {
    bool on[STREAMS];
    uint32_t dropped[STREAMS]; // frames, ever
    batch sensor[SERVICE_MAX_SENSORS];
} streams;

typedef char batch_fits_a_frame[SERVICE_BATCH <= LINK_MAX_PAYLOAD ? 1 : -1];
typedef char sensors_and_all_are_told_apart[SERVICE_MAX_SENSORS <= 16 ? 1 : -1];

void service_streams_init(void) {
    memset(&streams, 0, sizeof streams);
}

static uint8_t score_stream(void) {
    return service.config->sensors;
}

static uint8_t timing_stream(void) {
    return (uint8_t)(score_stream() + (service_classes() != 0));
}

bool service_has_timing(void) { // an application with windows
    return service.config->model || service.config->window_rate_mhz;
}

static bool exists(uint8_t stream) {
    return stream < timing_stream() || (stream == timing_stream() && service_has_timing());
}

bool service_switch_stream(uint8_t stream, bool on) {
    if (stream != LINK_ALL && !exists(stream)) return false;
    for (uint8_t i = 0; i < STREAMS; i++)
        if ((stream == LINK_ALL || stream == i) && exists(i)) streams.on[i] = on;
    for (uint8_t i = 0; i < SERVICE_MAX_SENSORS; i++)
        if (!streams.on[i]) streams.sensor[i].size = 0;
    return true;
}

static void send_data(uint8_t stream, uint32_t time_us, const uint8_t *payload, size_t size) {
    if (!service_send(LINK_DATA, stream, time_us, payload, size)) streams.dropped[stream]++;
}

static void send_batch(uint8_t sensor) {
    batch *b = &streams.sensor[sensor];
    send_data(sensor, b->first_us, b->payload, b->size);
    b->size = 0;
}

// `rows` are int16_t or, where a value has four bytes, int32_t.
static void batch_rows(uint8_t sensor, const void *rows, size_t value_size, size_t count, uint32_t time_us) {
    batch *b = &streams.sensor[sensor];
    const service_stream *stream = &service.config->sensor[sensor];
    const size_t channels = service_channel_count(stream);
    const int16_t *narrow = (const int16_t *)rows;
    const int32_t *wide = (const int32_t *)rows;
    if (!streams.on[sensor]) return;
    for (size_t row = 0, i = 0; row < count; row++) {
        if (b->size == 0) b->first_us = time_us + service_span_us(stream->rate_mhz, row);
        for (const size_t end = i + channels; i < end; i++)
            b->size += value_size == sizeof *wide ? put_u32(b->payload + b->size, (uint32_t)wide[i])
                                                  : put_u16(b->payload + b->size, (uint16_t)narrow[i]);
        if (b->size + value_size * channels > SERVICE_BATCH) send_batch(sensor);
    }
}

void service_samples(uint8_t sensor, const int16_t *rows, size_t count, uint32_t time_us) {
    batch_rows(sensor, rows, sizeof *rows, count, time_us);
}

void service_samples32(uint8_t sensor, const int32_t *rows, size_t count, uint32_t time_us) {
    batch_rows(sensor, rows, sizeof *rows, count, time_us);
}

void service_lost(uint8_t sensor, uint32_t rows) {
    streams.sensor[sensor].lost += rows;
    if (rows == 0 || !streams.on[sensor]) return;
    if (streams.sensor[sensor].size) send_batch(sensor);
    service_skip(sensor); // rows of one frame follow one another: the gap lies between two
}

bool service_stream_is_on(uint8_t stream) {
    return streams.on[stream];
}

uint32_t service_rows_lost(uint8_t sensor) {
    return sensor < service.config->sensors ? streams.sensor[sensor].lost : 0;
}

uint32_t service_frames_dropped(uint8_t stream) {
    return streams.dropped[stream];
}

void service_streams_poll(void) {
    for (uint8_t i = 0; i < service.config->sensors; i++) {
        const batch *b = &streams.sensor[i];
        if (b->size && service.now_us - b->first_us >= BATCH_US) send_batch(i);
    }
}

void service_send_timing(const service_timing *timing, bool awake) {
    uint8_t row[28];
    size_t size = put_u32(row, service.windows);
    size += put_u32(row + size, awake);
    size += put_u32(row + size, timing->frontend_cycles);
    size += put_u32(row + size, timing->inference_cycles);
    size += put_u32(row + size, timing->decide_cycles);
    size += put_u32(row + size, board_micros() - timing->sample_us);
    size += put_u32(row + size, (uint32_t)service.slept_us - service.row_slept);
    service.row_slept = (uint32_t)service.slept_us;
    if (streams.on[timing_stream()]) send_data(timing_stream(), timing->sample_us, row, size);
}

void service_send_scores(uint32_t time_us) {
    uint8_t stream = score_stream();
    if (streams.on[stream]) send_data(stream, time_us, service.stats.scores, service_classes());
}
