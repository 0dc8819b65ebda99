// Measures how much of the model's arena was ever written. The arena is painted before the first inference. A byte that
// was written with the paint's own value does not show.
#include "core.h"

#include <string.h>

enum { PAINT = 0x35 };

void service_arena_init(void) {
    const nn_model *model = service.config->model;
    if (model) memset(model->arena, PAINT, model->arena_size + NN_GUARD);
}

uint32_t service_arena_used(void) {
    const nn_model *model = service.config->model;
    uint32_t used = model->arena_size + NN_GUARD;
    while (used && model->arena[used - 1] == PAINT) used--;
    return used;
}
