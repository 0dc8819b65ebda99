// stream.h: models in streaming form: a step takes the next rows of the input and gives the output of the window that
// ends with them. No heap; the state is in the generated header. See docs/compiler.md.
#ifndef NN_STREAM_H
#define NN_STREAM_H

#include "nn/model.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const nn_model *model; // an inference is a step: its input is the new rows
    uint16_t hop;          // rows that a step takes
    uint16_t rows;         // of the window
    uint16_t warm_up;      // steps from the start until the window is full
    uint16_t head;         // layers at the end that keep nothing for later steps: they only make the output
    uint16_t *steps;       // since the start, at most warm_up
    const uint32_t *first; // a layer's output begins at this byte of its tensor in the whole window's model
    uint32_t check;        // CRC-32 of the output after warm_up steps on the numbers of nn_fixed_input, carried on
} nn_stream;

// Takes `model->input_size` bytes and runs a step; true when the window is full, so that model->output is valid.
bool nn_push(const nn_stream *stream, const int8_t *rows);
// As nn_push, without the head: model->output is not valid. For rows that only bring the state up to date.
void nn_feed(const nn_stream *stream, const int8_t *rows);
// Back to the start, as after power-up and model->reset: the next warm_up - 1 outputs are not valid.
void nn_restart(const nn_stream *stream);
bool nn_stream_self_test(const nn_stream *stream); // true when the CRC is `check`; restarts the stream
uint32_t nn_stream_crc(const nn_stream *stream);   // the CRC-32 that it compares; restarts the stream

// A ring of `size` bytes that is always full; `oldest` is its beginning. Read: `count` bytes from `skip` bytes behind
// the oldest. Write: the newest `count` bytes, at most `size`, replace the oldest.
void nn_ring_read(const void *ring, uint32_t size, const int32_t *oldest, uint32_t skip, uint32_t count, void *to);
void nn_ring_write(void *ring, uint32_t size, int32_t *oldest, uint32_t count, const void *from);

// Copies bytes; `to` may overlap `from` when it lies below.
void nn_move(const void *from, uint32_t count, void *to);

#ifdef __cplusplus
}
#endif
#endif
