// layers.h: two commands beside the benchmark's own, by which a host compares a model layer by layer.
// `model` tells the model's hash, its layers, and the type of the host's data (mlperf_input).
// `layer N` runs that layer and tells the CRC-32 of its output. Layer 0 begins with the loaded input; the others follow
// in order.
#ifndef MLPERF_LAYERS_H
#define MLPERF_LAYERS_H

#include "mlperf/mlperf.h"

void model_command(const mlperf_config *config);
void layer_command(const mlperf_config *config, const char *number);

#endif
