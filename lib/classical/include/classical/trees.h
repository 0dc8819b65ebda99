// trees.h: a decision tree, a random forest, boosted trees. Integers only, no heap, no state.
//
// A node sends x[feature] <= threshold to the left. On integers that is scikit-learn's answer when `threshold` is the
// floor of its threshold (numbers between two integers do not occur).
//
// `nodes` holds the trees one after the other, each from its root, a node before its left subtree before its right one:
//   narrow node, 3 bytes: feature | flags << 6, threshold (int8), bytes of the left subtree
//   wide node, 4 bytes:   feature, threshold (int8), bytes of the left subtree | flags << 14 (two bytes, low first)
// Flag 1: the left child is a leaf, flag 2: the right one. A leaf is
//   CLASSICAL_CLASS: the class, one byte
//   CLASSICAL_VOTES_4, _8, _16: how its examples are spread over the classes, in parts of 2^4, 2^8 or 2^16: entries of
//     class and parts - 1 until all parts are given: class << 4 | parts - 1; two bytes; three bytes (parts low first).
//     The votes are soft, as scikit-learn's: the parts of all trees are added up (Breiman, Machine Learning 45, 2001)
//   CLASSICAL_VALUE: int16, low byte first, added to the score of one class: boosting (Friedman, Annals of Statistics
//     29, 2001)
#ifndef CLASSICAL_TREES_H
#define CLASSICAL_TREES_H

#include "classical/tables.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    CLASSICAL_CLASS,
    CLASSICAL_VOTES_4,
    CLASSICAL_VOTES_8,
    CLASSICAL_VOTES_16,
    CLASSICAL_VALUE
} classical_leaf;

typedef struct {
    uint8_t trees, classes;
    uint8_t leaf;           // classical_leaf
    bool wide;              // nodes of 4 bytes
    const uint8_t *nodes;   // in CLASSICAL_TABLE
    const uint8_t *offset;  // in CLASSICAL_TABLE, [trees][2]: where each tree begins, low byte first
    const uint8_t *of;      // in CLASSICAL_TABLE, CLASSICAL_VALUE alone, [trees]: the class of each tree
    const int32_t *initial; // in CLASSICAL_TABLE, CLASSICAL_VALUE alone, [classes]: the scores before all trees
} classical_trees;

// scores [classes]; returns the class.
uint8_t classical_trees_run(const classical_trees *model, const int8_t *x, int32_t *scores);

#ifdef __cplusplus
}
#endif
#endif
