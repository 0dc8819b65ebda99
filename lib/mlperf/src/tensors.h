// tensors.h: between the host's bytes and the model's input and output.
#ifndef MLPERF_TENSORS_H
#define MLPERF_TENSORS_H

#include "mlperf/mlperf.h"

void load_input(const mlperf_config *config); // from what the host sent to what the model takes
float output_value(const mlperf_config *config, uint32_t index);
float squared_error(const mlperf_config *config); // mean, against the buffer

#endif
