// dense.h: models that are sums of products: linear (and linear support vector), multilayer perceptron, prototypes,
// Bonsai, Gaussian. Integers only, no heap, no state. Tables are in CLASSICAL_TABLE, matrices row after row.
#ifndef CLASSICAL_DENSE_H
#define CLASSICAL_DENSE_H

#include "classical/tables.h"

#ifdef __cplusplus
extern "C" {
#endif

#define CLASSICAL_MAX_HIDDEN 64 // values between two matrices; RAM on the stack

// out = clip((weights x + bias) * multiplier / 2^shift, least, 127), rounded, halves up.
typedef struct {
    uint8_t inputs, outputs; // outputs at most CLASSICAL_MAX_HIDDEN
    const int8_t *weights;   // [outputs][inputs]
    const int32_t *bias;     // [outputs]
    uint8_t multiplier;      // |weights x + bias| * multiplier is below 2^31
    uint8_t shift;           // 1..30
    int8_t least;            // 0: a rectifier, -127: none
} classical_layer;

typedef struct {
    uint8_t inputs, classes;
    const int8_t *weights; // [classes][inputs]
    const int32_t *bias;   // [classes]
} classical_linear;

typedef struct {
    classical_layer hidden;
    classical_linear output;
} classical_mlp;

// The class that most of the k nearest prototypes have, the nearest of equals; distances are those of projected values
// (Gupta et al., "ProtoNN", ICML 2017; Goldberger et al., "Neighbourhood components analysis", 2004).
typedef struct {
    classical_layer projection;
    uint8_t classes, prototypes, k; // k at most 7
    const int8_t *point;            // [prototypes][projection.outputs]
    const uint8_t *label;           // [prototypes]
} classical_prototypes;

// Kumar, Goyal and Varma, "Resource-efficient machine learning in 2 KB RAM for the Internet of Things" (Bonsai), ICML
// 2017: every node on a path adds W z * clip(V z, -1, 1), where the paper has tanh; theta z > 0 goes to the right.
typedef struct {
    classical_layer projection;
    uint8_t classes, depth; // 2^(depth + 1) - 1 nodes, the children of k are 2k + 1 and 2k + 2
    uint8_t shift;          // V z / 2^shift is clipped to -127..127
    const int8_t *w, *v;    // [nodes][classes][projection.outputs]
    const int8_t *theta;    // [2^depth - 1][projection.outputs]
} classical_bonsai;

// score = offset - sum over the inputs of weight * (x - mean)^2: Gaussians with a variance for each input.
typedef struct {
    uint8_t inputs, classes;
    const int8_t *mean;    // [classes][inputs]
    const uint8_t *weight; // [classes][inputs]; the sums stay below 2^31
    const int32_t *offset; // [classes]
} classical_gaussian;

// scores [classes]; each returns the class.
uint8_t classical_linear_run(const classical_linear *model, const int8_t *x, int32_t *scores);
uint8_t classical_mlp_run(const classical_mlp *model, const int8_t *x, int32_t *scores);
uint8_t classical_prototypes_run(const classical_prototypes *model, const int8_t *x, int32_t *scores);
uint8_t classical_bonsai_run(const classical_bonsai *model, const int8_t *x, int32_t *scores);
uint8_t classical_gaussian_run(const classical_gaussian *model, const int8_t *x, int32_t *scores);

#ifdef __cplusplus
}
#endif
#endif
