#include "nn/pool.h"

#include "nn/int16.h"
#include "nn/requantise.h" // nn_clamp

typedef struct {
    int32_t sum, largest, count;
} cells;

static int32_t smaller(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static int32_t largest_of(cells seen) {
    return seen.largest;
}

// Rounded half away from zero. The compiler refuses windows without a cell in the image.
static int32_t average_of(cells seen) {
    const int32_t half = seen.sum > 0 ? seen.count / 2 : -(seen.count / 2);
    return (seen.sum + half) / seen.count;
}

#define NN_SAMPLE     int8_t
#define NN_POOL(name) name
#include "pool_cells.h"
#undef NN_SAMPLE
#undef NN_POOL

#define NN_SAMPLE     int16_t
#define NN_POOL(name) name##_int16
#include "pool_cells.h"
