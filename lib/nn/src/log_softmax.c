#include "fixed_point.h"
#include "nn/softmax.h"

static int32_t saturated(int64_t x) {
    return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : (int32_t)x;
}

// The natural logarithm of z >= 1, from Q12.19 to Q5.26: a power of two, and a quotient of polynomials near the fourth
// root of a half, with the steps of TensorFlow Lite's log_x_for_x_greater_than_or_equal_to_1.
static int32_t logarithm(int32_t z) {
    const int32_t log_2 = 1488522236, root = 1518500250, fourth_root = 1805811301, quarter = (int32_t)1 << 23;
    const int zeros = nn_leading_zeros((uint32_t)z);
    const int32_t a = nn_shift_left(nn_high_mul(nn_shift_left(z, zeros - 1), root), 1);
    const int32_t a_power = saturated((int64_t)nn_shift_left(12 - zeros, 25) + quarter);
    const int room = nn_leading_zeros((uint32_t)nn_high_mul(z, root)) - 1;
    const int32_t b = nn_shift_left(z, room);
    const int32_t b_power = saturated((int64_t)nn_shift_left(12 - room, 25) - quarter);
    const int32_t r = a < b ? a : b, power = a_power > b_power ? a_power : b_power;
    const int64_t sum = (int64_t)r + fourth_root;
    const int32_t p = (int32_t)((sum + (sum >= 0 ? 1 : -1)) / 2);
    const int32_t q = 2 * (r - fourth_root);
    const int32_t square = nn_high_mul(q, q);
    const int32_t over = nn_high_mul(q, r) + nn_high_mul(nn_high_mul(q, square), 117049297);
    const int32_t inner = 1057819769 + q + nn_high_mul(127690142, square);
    const int32_t under = nn_high_mul(p, inner) + nn_high_mul(638450708, q);
    const int32_t rest = nn_high_mul(nn_shift_right(over, 6), nn_one_over_one_plus(under));
    return nn_shift_left(nn_high_mul(power, log_2) + rest, 1);
}

static void log_softmax_row(const nn_log_softmax_params *layer, const int8_t *row, int8_t *output) {
    int32_t largest = row[0], sum = 0;
    for (uint32_t i = 1; i < layer->depth; i++) largest = row[i] > largest ? row[i] : largest;
    for (uint32_t i = 0; i < layer->depth; i++) sum += layer->exponential[largest - row[i]];
    const int32_t log_sum = logarithm(sum);
    const int32_t least = nn_requantise(log_sum + INT32_MIN, layer->back_multiplier, layer->back_shift);
    const int32_t lowest = least > layer->lowest - 1 ? least : layer->lowest - 1;
    for (uint32_t i = 0; i < layer->depth; i++) {
        const int32_t below = largest - row[i];
        const int32_t made = nn_shift_right(layer->difference[below] - log_sum, 22) + INT8_MAX;
        output[i] = -below > lowest ? (int8_t)nn_clamp(made, INT8_MIN, INT8_MAX) : INT8_MIN;
    }
}

void nn_log_softmax(const nn_log_softmax_params *layer, const int8_t *input, int8_t *output) {
    for (uint32_t row = 0; row < layer->rows; row++) {
        log_softmax_row(layer, input + row * layer->depth, output + row * layer->depth);
    }
}
