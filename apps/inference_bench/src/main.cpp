// Runs one compiled model behind the MLPerf Tiny benchmark protocol. `python tools/mlperf.py build MODEL.tflite` puts
// the model into this folder.
#include "board/board.h"
#include "mlperf/mlperf.h"

#if !__has_include("bench.h")
#error "expected a model: python tools/mlperf.py build MODEL.tflite --id kws01"
#endif
#include "bench.h"

void setup() {
    mlperf_init(&bench_mlperf);
}

void loop() {
    mlperf_poll();
    board_sleep();
}
