// buffer.h: `db`, by which the host fills the buffer with the model's input.
#ifndef MLPERF_BUFFER_H
#define MLPERF_BUFFER_H

#include "mlperf/mlperf.h"

void buffer_clear(void);
uint32_t buffer_loaded(void);                                   // bytes since the last `db load`
void buffer_command(const mlperf_config *config, char **words); // those after `db`, NULL behind the last

#endif
