#include "nn/recurrent.h"
#include "nn/requantise.h"

// What a filter makes of the newest input, on the state's scale, without its zero point.
static int32_t feature(const nn_svdf_params *layer, int32_t filter, const int8_t *input) {
    const int8_t *weight = layer->feature_weights + filter * layer->inputs;
    int32_t sum = layer->feature_bias[filter];
    for (int32_t i = 0; i < layer->inputs; i++) sum += weight[i] * input[i];
    return nn_requantise(sum, layer->feature_multiplier, layer->feature_shift);
}

#define NN_STATE      int16_t
#define NN_STATE_MIN  INT16_MIN
#define NN_STATE_MAX  INT16_MAX
#define NN_SVDF(name) name
#include "svdf_state.h"
#undef NN_STATE
#undef NN_STATE_MIN
#undef NN_STATE_MAX
#undef NN_SVDF

#define NN_STATE      int8_t
#define NN_STATE_MIN  INT8_MIN
#define NN_STATE_MAX  INT8_MAX
#define NN_SVDF(name) name##_int8
#include "svdf_state.h"
