// prototypes.h: classes that a device learns, each as the sum of the examples that it was shown. Integers only, no
// heap.
//
// An example is what the network's last fully connected layer takes: int8, its last features. A class is the mean of
// its examples (nearest class mean: T. Mensink, J. Verbeek, F. Perronnin, G. Csurka, "Distance-Based Image
// Classification: Generalizing to New Classes at Near-Zero Cost", IEEE TPAMI 35(11), 2013; prototypical networks:
// J. Snell, K. Swersky, R. Zemel, "Prototypical Networks for Few-shot Learning", NeurIPS 2017). Sums and counts are
// kept, not means: so an example can be added, taken out again, and averaged with those of other devices, exactly.
//
// How far examples of a class stray is measured too, over all classes together: the mean squared distance from the
// class's mean. It begins as what the application states, which counts as LEARN_PRIOR examples.
//
// A class lies in memory, in the board's store and on the link in the same layout: 32-bit words, little-endian.
#ifndef LEARN_PROTOTYPES_H
#define LEARN_PROTOTYPES_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LEARN_MAGIC 0x314F5250u // "PRO1"
enum {
    LEARN_LABEL = 16, // bytes of a label, the zero behind it too
    LEARN_MAX_FEATURES = 160,
    LEARN_MAX_PLACES = 16,
    LEARN_MAX_EXAMPLES = 65535, // of a class
    LEARN_PRIOR = 4
};

typedef struct {    // a class; `features` sums, int32, lie behind it
    uint32_t crc;   // CRC-32 of all that follows, the sums too
    uint32_t magic; // LEARN_MAGIC; another value: the place is free
    uint32_t model; // CRC-32 of the model's hash: features of another network mean something else
    uint16_t features;
    uint16_t examples;       // in the sums, 1 and up
    uint32_t squares[2];     // sum of the squared lengths of the examples: low word, high word
    char label[LEARN_LABEL]; // ASCII, zeros behind it
} learn_class;

#define LEARN_CLASS_WORDS(features) (sizeof(learn_class) / 4 + (features))

typedef struct {
    uint32_t *memory; // places * LEARN_CLASS_WORDS(features)
    uint8_t places;   // 1..LEARN_MAX_PLACES
    uint8_t features; // 1..LEARN_MAX_FEATURES
    uint16_t stray;   // as stated by the application: steps by which a feature of an example lies off its class's mean
    uint32_t model;
} learn_classes;

learn_class *learn_at(const learn_classes *s, uint32_t place);
void learn_clear(const learn_classes *s);                                  // all places
int32_t learn_find(const learn_classes *s, const char label[LEARN_LABEL]); // place, -1: none
int32_t learn_free(const learn_classes *s);                                // likewise

static inline int32_t *learn_sums(const learn_class *c) {
    return (int32_t *)(c + 1);
}

static inline bool learn_taken(const learn_class *c) { // a class is there; its CRC is not looked at
    return c->magic == LEARN_MAGIC;
}

// 1 to LEARN_LABEL - 1 characters of ASCII that can be printed, the first no space, then zeros: session info has them.
bool learn_label_fits(const char label[LEARN_LABEL]);

// Begins a class without examples, of a label that fits: add one, or remove it again.
learn_class *learn_name(const learn_classes *s, uint32_t place, const char label[LEARN_LABEL]);
void learn_remove(const learn_classes *s, uint32_t place);

// An example more (`times` 1), or one that was added before less (-1). Sums saturate. False: there are
// LEARN_MAX_EXAMPLES, or none.
bool learn_add(learn_class *c, const int8_t *x, int32_t times);

void learn_seal(learn_class *c); // sets the CRC
// A class as learning makes it, of this model: for bytes from a store or a host.
bool learn_valid(const learn_classes *s, const learn_class *c);

uint32_t learn_distance(const learn_class *c, const int8_t *x); // squared, of an example from the mean, rounded down
void learn_mean(const learn_class *c, int8_t *x);               // rounded to whole steps
uint32_t learn_apart(const int8_t *x, const int8_t *y, uint32_t features); // squared distance
uint32_t learn_stray(const learn_classes *s); // mean squared distance of an example from its class's mean, 1 and up

#ifdef __cplusplus
}
#endif
#endif
