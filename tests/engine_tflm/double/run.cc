// run.cc: prints what two models of the toy format do on lib/engine_tflm, a line each: test_tflm_engine.py reads them.
#include "broken_model.h"
#include "rolling_model.h"
#include "toy_model.h"

#include <stdio.h>
#include <string.h>

static void print(const char *what, const int8_t *data, uint32_t size) {
    printf("%s", what);
    for (uint32_t i = 0; i < size; i++) printf(" %d", data[i]);
    printf("\n");
}

int main() {
    const int8_t given[] = {1, 2, 3, 4};
    memcpy(toy_model.input, given, sizeof given);
    nn_run(&toy_model);
    print("run", toy_model.output, toy_model.output_size);
    memcpy(toy_model.input, given, sizeof given);
    for (uint16_t layer = 0; layer < toy_model.layers; layer++) {
        toy_model.step(layer);
        print(toy_model.layer[layer].name, toy_model.layer[layer].data, toy_model.layer[layer].size);
    }
    print("stepped", toy_model.output, toy_model.output_size);

    for (int8_t row = 1; row < 7; row += 2) {
        const int8_t rows[] = {row, (int8_t)(row + 1)};
        const bool full = rolling_push(rows);
        print(full ? "full" : "filling", rolling_model.output, rolling_model.output_size);
    }
    rolling_model.reset();
    nn_run(&rolling_model);
    print("reset", rolling_model.output, rolling_model.output_size);

    printf("broken %u %u\n", (unsigned)broken_model.input_size, (unsigned)broken_model.layers);
    nn_run(&broken_model);
    broken_model.step(0);
    return 0;
}
