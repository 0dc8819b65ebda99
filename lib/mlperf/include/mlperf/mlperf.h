// mlperf.h: the device's side of the MLPerf Tiny benchmark protocol, over the board's console. Any compiled model.
//
// Commands are text that ends with '%'. Answers are lines that end with "\r\n"; the last one is "m-ready". The
// published runner of MLPerf Tiny (mlcommons/tiny, benchmark/runner) drives it unchanged; docs/mlperf.md has every
// line. With -D MLPERF_ENERGY=1 the board's mark pin falls in place of each printed time stamp. No heap; one program a
// board.
#ifndef MLPERF_MLPERF_H
#define MLPERF_MLPERF_H

#include "nn/model.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef MLPERF_ENERGY
#define MLPERF_ENERGY 0
#endif
#ifndef MLPERF_COMMAND
#define MLPERF_COMMAND 80 // longest command, bytes without its '%'; the benchmark has 80
#endif
#ifndef MLPERF_WARMUPS
#define MLPERF_WARMUPS 10 // inferences before the measured ones where `infer N` does not say
#endif

typedef enum {
    MLPERF_INT8,   // bytes as the model's input takes them
    MLPERF_UINT8,  // 0..255, such as pixels: 128 less is the input
    MLPERF_FLOAT32 // little-endian, quantised with the input's scale and zero point
} mlperf_input;

typedef enum {
    MLPERF_SCORES, // every output, dequantised
    MLPERF_ERROR   // one number: mean square of the difference between output and input, dequantised
} mlperf_result;

typedef struct {
    const nn_model *model;
    const char *vendor; // in the answer to `name`
    const char *id;     // "kws01", "vww01", "ic01", "ad01", "sww01": what the runner looks its data up by
    mlperf_input input;
    mlperf_result result;
    float input_scale, output_scale;
    int16_t input_zero, output_zero;
    uint8_t *buffer;      // where `db` puts its bytes
    uint32_t buffer_size; // of the input as the host sends it
    int8_t *loaded;       // that input as the model takes it; `buffer` itself where it comes so (MLPERF_INT8)
} mlperf_config;

void mlperf_init(const mlperf_config *config); // greets the host; `config` stays alive
void mlperf_poll(void);                        // in every turn of the loop: reads, obeys, answers

#ifdef __cplusplus
}
#endif
#endif
