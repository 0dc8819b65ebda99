// kernels.h: the kernels that an image may call, by number. ml/image reads the same rows, so that both sides agree.
//
// A row: X(id, version, function, operands, type of the parameters, their pointers)
// - id: never used again for another kernel. 1 and up.
// - version: rises when the same parameters would mean something else, for instance another packing of the weights.
// - operands, in the order of the call: P parameters, T a table of 256 bytes, R a tensor that is read, W one that is
//   written, S scratch memory, N a number.
// - pointers: the bits of the parameters' pointers, see IMAGE_POINTER.
#ifndef IMAGE_KERNELS_H
#define IMAGE_KERNELS_H

#include "image/image.h"
#include "nn/batch_matmul.h"
#include "nn/conv.h"
#include "nn/copy.h"
#include "nn/elementwise.h"
#include "nn/fully_connected.h"
#include "nn/int16.h"
#include "nn/packed.h"
#include "nn/packed_int16.h"
#include "nn/packed_int4.h"
#include "nn/pool.h"
#include "nn/recurrent.h"
#include "nn/resize.h"
#include "nn/softmax.h"
#include "nn/stream.h"

#include <stddef.h>

#define IMAGE_CONV (AT(nn_conv, weights) | AT(nn_conv, bias) | AT(nn_conv, multiplier) | AT(nn_conv, shift))
#define IMAGE_GROUPED                                                                                                  \
    (AT(nn_grouped_conv, conv.weights) | AT(nn_grouped_conv, conv.bias) | AT(nn_grouped_conv, conv.multiplier) |       \
     AT(nn_grouped_conv, conv.shift))
#define IMAGE_SCALE(type)                                                                                              \
    (AT(type, scale.bias) | AT(type, scale.narrow_bias) | AT(type, scale.multiplier) | AT(type, scale.shift))
#define IMAGE_CONV_INT16  (AT(nn_conv_int16, weights) | IMAGE_SCALE(nn_conv_int16))
#define IMAGE_DENSE_INT16 (AT(nn_fully_connected_int16_params, weights) | IMAGE_SCALE(nn_fully_connected_int16_params))
#define IMAGE_SVDF                                                                                                     \
    (AT(nn_svdf_params, feature_weights) | AT(nn_svdf_params, feature_bias) | AT(nn_svdf_params, time_weights) |       \
     AT(nn_svdf_params, bias))
#define IMAGE_GATE(gate)                                                                                               \
    (AT(nn_lstm_params, gate.input_weights) | AT(nn_lstm_params, gate.hidden_weights) |                                \
     AT(nn_lstm_params, gate.input_bias) | AT(nn_lstm_params, gate.hidden_bias))
#define IMAGE_LSTM (IMAGE_GATE(input) | IMAGE_GATE(forget) | IMAGE_GATE(cell) | IMAGE_GATE(output))

// clang-format off
#define IMAGE_KERNELS(X)                                                                                               \
    X(1, 1, nn_conv_2d, PRW, nn_conv, IMAGE_CONV)                                                                      \
    X(2, 1, nn_conv_2d_grouped, PRW, nn_grouped_conv, IMAGE_GROUPED)                                                   \
    X(3, 1, nn_depthwise_conv_2d, PRW, nn_conv, IMAGE_CONV)                                                            \
    X(4, 1, nn_fully_connected, PRW, nn_fully_connected_params,                                                        \
      AT(nn_fully_connected_params, weights) | AT(nn_fully_connected_params, bias))                                    \
    X(5, 1, nn_conv_2d_packed, PRWS, nn_packed_conv, AT(nn_packed_conv, packed))                                       \
    X(6, 1, nn_depthwise_3x3_packed, PRWS, nn_packed_depthwise, AT(nn_packed_depthwise, packed))                       \
    X(7, 1, nn_depthwise_multiplied_3x3_packed, PRWS, nn_packed_multiplied_3x3,                                        \
      AT(nn_packed_multiplied_3x3, four.packed))                                                                       \
    X(8, 1, nn_depthwise_multiplied_packed, PRWS, nn_packed_multiplied, AT(nn_packed_multiplied, one.packed))          \
    X(9, 1, nn_depthwise_packed, PRW, nn_packed_taps, AT(nn_packed_taps, packed))                                      \
    X(10, 1, nn_fully_connected_packed, PRW, nn_packed_matrix, AT(nn_packed_matrix, packed))                           \
    X(11, 1, nn_conv_2d_int4_packed, PRWS, nn_packed_conv, AT(nn_packed_conv, packed))                                 \
    X(12, 1, nn_fully_connected_int4_packed, PRW, nn_matrix_int4,                                                      \
      AT(nn_matrix_int4, packed) | AT(nn_matrix_int4, scales))                                                         \
    X(13, 1, nn_batch_matmul, PRRW, nn_batch_matmul_params, 0)                                                         \
    X(14, 1, nn_batch_matmul_packed, PRRWS, nn_packed_matmul, 0)                                                       \
    X(15, 1, nn_copy, PRW, nn_copy_plan, 0)                                                                            \
    X(16, 1, nn_fill, WNN, void *, 0)                                                                                  \
    X(17, 1, nn_add, PRRW, nn_add_params, 0)                                                                           \
    X(18, 1, nn_add_packed, PRRW, nn_add_params, 0)                                                                    \
    X(19, 1, nn_add_equal, PRRW, nn_add_equal_params, 0)                                                               \
    X(20, 1, nn_mul, PRRW, nn_mul_params, 0)                                                                           \
    X(21, 1, nn_mul_packed, PRRW, nn_mul_params, 0)                                                                    \
    X(22, 1, nn_squared_difference, PRRW, nn_squared_difference_params, 0)                                             \
    X(23, 1, nn_squared_difference_packed, PRRW, nn_squared_difference_params, 0)                                      \
    X(24, 1, nn_maximum, PRRW, nn_broadcast, 0)                                                                        \
    X(25, 1, nn_minimum, PRRW, nn_broadcast, 0)                                                                        \
    X(26, 1, nn_lookup, TNRW, int8_t[256], 0)                                                                          \
    X(27, 1, nn_max_pool, PRW, nn_pool, 0)                                                                             \
    X(28, 1, nn_average_pool, PRW, nn_pool, 0)                                                                         \
    X(29, 1, nn_average_pool_all, PRW, nn_pool, 0)                                                                     \
    X(30, 1, nn_mean, PRW, nn_mean_params, 0)                                                                          \
    X(31, 1, nn_reduce_max, PRW, nn_reduction, 0)                                                                      \
    X(32, 1, nn_resize_nearest, PRW, nn_resize_params,                                                                 \
      AT(nn_resize_params, rows) | AT(nn_resize_params, columns))                                                      \
    X(33, 1, nn_softmax, PRW, nn_softmax_params, AT(nn_softmax_params, exponential))                                   \
    X(34, 1, nn_svdf, PRWW, nn_svdf_params, IMAGE_SVDF)                                                                \
    X(35, 1, nn_svdf_int8, PRWW, nn_svdf_params, IMAGE_SVDF)                                                           \
    X(36, 1, nn_lstm, PRWWW, nn_lstm_params, IMAGE_LSTM)                                                               \
    X(37, 1, nn_conv_2d_int16, PRW, nn_conv_int16, IMAGE_CONV_INT16)                                                   \
    X(38, 1, nn_depthwise_conv_2d_int16, PRW, nn_conv_int16, IMAGE_CONV_INT16)                                         \
    X(39, 1, nn_fully_connected_int16, PRW, nn_fully_connected_int16_params, IMAGE_DENSE_INT16)                        \
    X(40, 1, nn_add_int16, PRRW, nn_add_params, 0)                                                                     \
    X(41, 1, nn_max_pool_int16, PRW, nn_pool, 0)                                                                       \
    X(42, 1, nn_average_pool_int16, PRW, nn_pool, 0)                                                                   \
    X(43, 1, nn_mean_int16, PRW, nn_mean_params, 0)                                                                    \
    X(44, 1, nn_softmax_int16, PRW, nn_softmax_int16_params,                                                           \
      AT(nn_softmax_int16_params, exponential) | AT(nn_softmax_int16_params, reciprocal))                              \
    X(45, 1, nn_quantise_int8_to_int16, PRW, nn_quantise_params, 0)                                                    \
    X(46, 1, nn_quantise_int16_to_int8, PRW, nn_quantise_params, 0)                                                    \
    X(47, 1, nn_quantise_int16, PRW, nn_quantise_params, 0)                                                            \
    X(48, 1, nn_conv_2d_int16_packed, PRWS, nn_packed_conv, AT(nn_packed_conv, packed))                                \
    X(49, 1, nn_conv_2d_int16_wide_packed, PRWS, nn_packed_conv, AT(nn_packed_conv, packed))                           \
    X(50, 1, nn_depthwise_int16_packed, PRW, nn_packed_taps, AT(nn_packed_taps, packed))                               \
    X(51, 1, nn_fully_connected_int16_packed, PRW, nn_matrix_int16, AT(nn_matrix_int16, packed))                       \
    X(52, 1, nn_add_equal_int16, PRRW, nn_add_equal_int16_params, 0)                                                   \
    X(53, 1, nn_max_pool_int16_packed, PRW, nn_pool, 0)                                                                \
    X(54, 1, nn_average_pool_int16_packed, PRW, nn_pool, 0)                                                            \
    X(55, 1, nn_move, RNW, void *, 0)                                                                                  \
    X(56, 1, nn_ring_read, RNRNNW, void *, 0)                                                                          \
    X(57, 1, nn_ring_write, WNWNR, void *, 0)                                                                          \
    X(58, 1, nn_depthwise_line_packed, PRWS, nn_packed_line, AT(nn_packed_line, packed))                          \
    X(59, 1, nn_flip_sign, NRW, void *, 0)                                                                             \
    X(60, 1, nn_mul_int16, PRRW, nn_mul_params, 0)                                                                     \
    X(61, 1, nn_rectify_int16, PRW, nn_rectify_params, 0)                                                              \
    X(62, 1, nn_logistic_int16, PRW, nn_curve_params, 0)                                                               \
    X(63, 1, nn_tanh_curve_int16, PRW, nn_curve_params, 0)                                                             \
    X(64, 1, nn_resize_bilinear, PRW, nn_bilinear_params,                                                              \
      AT(nn_bilinear_params, rows) | AT(nn_bilinear_params, columns))                                                  \
    X(65, 1, nn_transpose_conv, PRW, nn_conv, IMAGE_CONV)                                                              \
    X(66, 1, nn_gather, PRRW, nn_gather_params, 0)                                                                     \
    X(67, 1, nn_cast, NNNRW, void *, 0)                                                                                \
    X(68, 1, nn_arg_max, PRW, nn_arg_params, 0)                                                                        \
    X(69, 1, nn_arg_min, PRW, nn_arg_params, 0)                                                                        \
    X(70, 1, nn_prelu, PRRW, nn_prelu_params, 0)                                                                       \
    X(71, 1, nn_div, PRRW, nn_div_params, AT(nn_div_params, inverse))                                                  \
    X(72, 1, nn_log_softmax, PRW, nn_log_softmax_params,                                                               \
      AT(nn_log_softmax_params, difference) | AT(nn_log_softmax_params, exponential))
// clang-format on

#ifdef __cplusplus
extern "C" {
#endif

// Each kernel is an object of its own, so that a firmware links only those that its table names:
//   static const image_kernel *const kernels[] = {&image_nn_conv_2d, &image_nn_softmax};
#define IMAGE_DECLARED(id, version, function, operands, type, pointers) extern const image_kernel image_##function;
IMAGE_KERNELS(IMAGE_DECLARED)
#undef IMAGE_DECLARED

#define IMAGE_COUNTED(id, version, function, operands, type, pointers) +1
enum { IMAGE_ALL_KERNELS = 0 IMAGE_KERNELS(IMAGE_COUNTED) };
#undef IMAGE_COUNTED

extern const image_kernel *const image_all_kernels[IMAGE_ALL_KERNELS];

#ifdef __cplusplus
}
#endif
#endif
