// model.h: the interface of every compiled model. The compiler fills one `nn_model` per generated header.
#ifndef NN_MODEL_H
#define NN_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define NN_ALIGNED __attribute__((aligned(4))) // of arenas and packed weights: kernels load whole words

#ifndef NN_GUARD
#define NN_GUARD 0 // bytes behind each arena that no layer may touch, a multiple of 4: a test build sees an overrun
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *name;   // of the layer, as in the generated code
    const int8_t *data; // its output in the arena, valid until a later layer reuses the place
    uint32_t size;      // bytes
    uint16_t tensor;    // index of the output tensor in the .tflite
} nn_layer;

// What the integers of an input or output mean: real = scale * (integer - zero), `scale` to the last bit.
typedef struct {
    float scale;
    int16_t zero;
} nn_quantisation;

typedef struct {
    const char *name;
    const char *hash;      // first 16 hex digits of the SHA-256 of the .tflite
    const char *data_hash; // of the training data, "" when unknown
    int8_t *input;
    int8_t *output;
    uint32_t input_size; // bytes
    uint32_t output_size;
    int8_t *arena;       // NN_ALIGNED, with NN_GUARD bytes behind it
    uint32_t arena_size; // bytes, exact, without the guard; input and output lie inside
    uint16_t layers;
    uint16_t classes; // labels, 0 when the model has none
    const nn_layer *layer;
    const char *const *label;
    void (*step)(uint16_t layer); // runs one layer; 0..layers-1 in order make an inference
    // Puts the state of a recurrent or streaming model to its start; NULL when it has none. Call it (or nn_self_test)
    // before the first inference: state starts at its zero points, not at 0.
    void (*reset)(void);
    uint32_t check; // CRC-32 of the output for nn_fixed_input, after a reset
    nn_quantisation input_quantisation, output_quantisation;
} nn_model;

void nn_run(const nn_model *model);
uint32_t nn_crc32(const void *bytes, uint32_t size); // CRC-32/ISO-HDLC, as zlib
#define NN_FIXED_SEED UINT32_C(12345)
// Fills the input with x = x * 1664525 + 1013904223 from `seed`, the top byte each; returns the last x.
uint32_t nn_fill_input(const nn_model *model, uint32_t seed);
void nn_fixed_input(const nn_model *model); // from NN_FIXED_SEED
bool nn_self_test(const nn_model *model);   // runs the fixed input; true when the CRC is `check`

#ifdef __cplusplus
}
#endif
#endif
