#include "nn/stream.h"

#include <string.h>

enum { BLOCK = 16 };

// Written out because small C libraries move single bytes. Every word is read before the one below it is written.
void nn_move(const void *from, uint32_t count, void *to) {
    const uint8_t *source = (const uint8_t *)from;
    uint8_t *target = (uint8_t *)to;
    for (; count >= BLOCK; count -= BLOCK, source += BLOCK, target += BLOCK) {
        uint32_t words[BLOCK / 4];
        memcpy(words, source, BLOCK);
        memcpy(target, words, BLOCK);
    }
    while (count--) *target++ = *source++;
}

static uint32_t wrapped(uint32_t at, uint32_t size) {
    return at < size ? at : at - size;
}

void nn_ring_read(const void *ring, uint32_t size, const int32_t *oldest, uint32_t skip, uint32_t count, void *to) {
    const uint32_t start = wrapped((uint32_t)*oldest + skip, size);
    const uint32_t room = size - start;
    const uint32_t first = count < room ? count : room;
    nn_move((const uint8_t *)ring + start, first, to);
    nn_move(ring, count - first, (uint8_t *)to + first);
}

void nn_ring_write(void *ring, uint32_t size, int32_t *oldest, uint32_t count, const void *from) {
    const uint32_t start = (uint32_t)*oldest;
    const uint32_t room = size - start;
    const uint32_t first = count < room ? count : room;
    nn_move(from, first, (uint8_t *)ring + start);
    nn_move((const uint8_t *)from + first, count - first, ring);
    *oldest = (int32_t)wrapped(start + count, size);
}

static void take(const nn_stream *stream, const int8_t *rows) {
    nn_move(rows, stream->model->input_size, stream->model->input);
    if (*stream->steps < stream->warm_up) (*stream->steps)++;
}

bool nn_push(const nn_stream *stream, const int8_t *rows) {
    take(stream, rows);
    nn_run(stream->model);
    return *stream->steps == stream->warm_up;
}

void nn_feed(const nn_stream *stream, const int8_t *rows) {
    const nn_model *model = stream->model;
    take(stream, rows);
    if (!stream->head) { // an engine that runs all layers at once has none
        nn_run(model);
        return;
    }
    for (uint16_t layer = 0; layer < model->layers - stream->head; layer++) model->step(layer);
}

void nn_restart(const nn_stream *stream) {
    stream->model->reset();
}

uint32_t nn_stream_crc(const nn_stream *stream) {
    const nn_model *model = stream->model;
    uint32_t seed = NN_FIXED_SEED;
    nn_restart(stream);
    for (uint16_t step = 0; step < stream->warm_up; step++) {
        seed = nn_fill_input(model, seed);
        nn_run(model);
    }
    const uint32_t crc = nn_crc32(model->output, model->output_size);
    nn_restart(stream);
    return crc;
}

bool nn_stream_self_test(const nn_stream *stream) {
    return nn_stream_crc(stream) == stream->check;
}
