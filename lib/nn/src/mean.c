#include "nn/int16.h"
#include "nn/pool.h"
#include "nn/requantise.h"

#define NN_SAMPLE     int8_t
#define NN_SAMPLE_MIN INT8_MIN
#define NN_SAMPLE_MAX INT8_MAX
#define NN_MEAN(name) name
#include "mean_sums.h"
#undef NN_SAMPLE
#undef NN_SAMPLE_MIN
#undef NN_SAMPLE_MAX
#undef NN_MEAN

#define NN_SAMPLE     int16_t
#define NN_SAMPLE_MIN INT16_MIN
#define NN_SAMPLE_MAX INT16_MAX
#define NN_MEAN(name) name##_int16
#include "mean_sums.h"
