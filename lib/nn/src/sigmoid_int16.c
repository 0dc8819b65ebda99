#include "sigmoid_int16.h"

#include "nn/int16.h"

const uint16_t nn_sigmoid_table[256] = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149, 40794, 41432, 42064, 42688,
    43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369, 47911, 48443, 48964, 49475, 49975, 50464, 50942, 51409,
    51865, 52311, 52745, 53169, 53581, 53983, 54374, 54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433,
    57724, 58007, 58280, 58544, 58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370, 60565, 60753, 60935, 61110,
    61279, 61441, 61599, 61750, 61896, 62036, 62172, 62302, 62428, 62549, 62666, 62778, 62886, 62990, 63090, 63186,
    63279, 63368, 63454, 63536, 63615, 63691, 63765, 63835, 63903, 63968, 64030, 64090, 64148, 64204, 64257, 64308,
    64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652, 64687, 64721, 64754, 64786, 64816, 64845, 64873, 64900,
    64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079, 65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208,
    65221, 65234, 65246, 65258, 65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360, 65367,
    65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433, 65438, 65442, 65445, 65449,
    65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474, 65476, 65479, 65481, 65483, 65485, 65488, 65489, 65491,
    65493, 65495, 65497, 65498, 65500, 65501, 65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513,
    65514, 65515, 65516, 65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522, 65523, 65523, 65524, 65524,
    65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528, 65528, 65528, 65529, 65529, 65529, 65529, 65530, 65530,
    65530, 65530, 65531, 65531, 65531, 65531, 65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533, 65533, 65533,
    65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65534, 65535,
};

// The table at `at` / 2^bits, to `bits` more bits; beyond its end the largest value.
static int32_t between(uint32_t at, int bits) {
    const uint32_t index = at >> bits;
    if (index >= 255) return 0xFFFF << bits;
    const uint32_t low = nn_sigmoid_table[index], high = nn_sigmoid_table[index + 1];
    return (int32_t)((low << bits) + (at & ((1u << bits) - 1u)) * (high - low));
}

static uint32_t magnitude(int32_t x) {
    return x < 0 ? 0u - (uint32_t)x : (uint32_t)x;
}

static inline int32_t sigmoid_at(int32_t at) {
    const int32_t half = (int32_t)1 << 9;
    const int32_t y = magnitude(at) >> 9 >= 255 ? 0x7FFF << 10 : between(magnitude(at), 9);
    return ((at >= 0 ? y : ((int32_t)1 << 25) - y - 1) + half) >> 10;
}

int32_t nn_sigmoid_int16(int32_t x) {
    return sigmoid_at(3 * x);
}

int32_t nn_tanh_int16(int32_t x) {
    const int32_t half = (int32_t)1 << 7;
    const int32_t y = between(magnitude(x), 8) - ((int32_t)1 << 23); // tanh(x) = 2 sigmoid(2 x) - 1
    return ((x >= 0 ? y : -y - 1) + half) >> 8;
}

static int32_t scaled(const nn_curve_params *layer, int32_t x) {
    const int32_t half = layer->shift > 0 ? (int32_t)1 << (layer->shift - 1) : 0;
    return (x * layer->multiplier + half) >> layer->shift;
}

void nn_logistic_int16(const nn_curve_params *layer, const int16_t *input, int16_t *output) {
    for (uint32_t i = 0; i < layer->count; i++) output[i] = (int16_t)sigmoid_at(scaled(layer, input[i]));
}

void nn_tanh_curve_int16(const nn_curve_params *layer, const int16_t *input, int16_t *output) {
    for (uint32_t i = 0; i < layer->count; i++) output[i] = (int16_t)nn_tanh_int16(scaled(layer, input[i]));
}
