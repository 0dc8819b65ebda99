#include "classical/trees.h"

enum { LEFT = 1, RIGHT = 2 };

static uint16_t get_u16(const uint8_t *at) {
    return (uint16_t)(classical_u8(at) | (uint16_t)classical_u8(at + 1) << 8);
}

static const uint8_t *narrow_leaf(const uint8_t *node, const int8_t *x) {
    for (;;) {
        const uint8_t head = classical_next(&node);
        const int8_t threshold = (int8_t)classical_next(&node);
        const uint8_t skip = classical_next(&node);
        if (x[head & 0x3F] <= threshold) {
            if (head & LEFT << 6) return node;
        } else {
            node += skip;
            if (head & RIGHT << 6) return node;
        }
    }
}

static const uint8_t *wide_leaf(const uint8_t *node, const int8_t *x) {
    for (;;) {
        const bool left = x[classical_u8(node)] <= (int8_t)classical_u8(node + 1);
        const uint16_t tail = get_u16(node + 2);
        node += 4;
        if (!left) node += tail & 0x3FFF;
        if (tail >> 14 & (left ? LEFT : RIGHT)) return node;
    }
}

static void add_votes_4(const uint8_t *leaf, int32_t *scores) {
    uint8_t left = 16;
    do {
        const uint8_t entry = classical_next(&leaf), parts = (uint8_t)((entry & 0x0F) + 1);
        scores[entry >> 4] += parts;
        left = (uint8_t)(left - parts);
    } while (left);
}

static void add_votes(const uint8_t *leaf, bool fine, int32_t *scores) {
    uint32_t left = fine ? UINT32_C(1) << 16 : 1u << 8;
    do {
        const uint8_t class_id = classical_next(&leaf);
        const uint32_t parts = (fine ? (uint32_t)get_u16(leaf) : classical_u8(leaf)) + UINT32_C(1);
        leaf += fine ? 2 : 1;
        scores[class_id] += (int32_t)parts;
        left -= parts;
    } while (left);
}

static void add_leaf(const classical_trees *m, uint8_t tree, const uint8_t *leaf, int32_t *scores) {
    if (m->leaf == CLASSICAL_VOTES_4)
        add_votes_4(leaf, scores);
    else if (m->leaf == CLASSICAL_CLASS)
        scores[classical_u8(leaf)]++;
    else if (m->leaf == CLASSICAL_VALUE)
        scores[classical_u8(m->of + tree)] += (int16_t)get_u16(leaf);
    else
        add_votes(leaf, m->leaf == CLASSICAL_VOTES_16, scores);
}

uint8_t classical_trees_run(const classical_trees *m, const int8_t *x, int32_t *scores) {
    for (uint8_t i = 0; i < m->classes; i++) scores[i] = m->leaf == CLASSICAL_VALUE ? classical_i32(m->initial + i) : 0;
    for (uint8_t tree = 0; tree < m->trees; tree++) {
        const uint8_t *root = m->nodes + get_u16(m->offset + 2 * tree);
        add_leaf(m, tree, m->wide ? wide_leaf(root, x) : narrow_leaf(root, x), scores);
    }
    return classical_best(scores, m->classes);
}
