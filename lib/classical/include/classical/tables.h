// tables.h: where the numbers of a model lie. On AVR they stay in flash (PROGMEM), which has an address space of its
// own there; on any other processor they are plain constants.
//
// Every `const ... *` of a model that is marked CLASSICAL_TABLE is read by these functions alone. int may have 16 bits.
#ifndef CLASSICAL_TABLES_H
#define CLASSICAL_TABLES_H

#include <stdint.h>

#ifdef __AVR__
#include <avr/pgmspace.h>
#define CLASSICAL_TABLE PROGMEM
static inline uint8_t classical_u8(const uint8_t *at) {
    return pgm_read_byte(at);
}
static inline int32_t classical_i32(const int32_t *at) {
    return (int32_t)pgm_read_dword(at);
}
static inline uint8_t classical_next(const uint8_t **at) { // one instruction, which the compiler does not find
    uint8_t value;
    __asm__("lpm %0, %a1+" : "=r"(value), "+z"(*at));
    return value;
}
#else
#define CLASSICAL_TABLE
static inline uint8_t classical_u8(const uint8_t *at) {
    return *at;
}
static inline int32_t classical_i32(const int32_t *at) {
    return *at;
}
static inline uint8_t classical_next(const uint8_t **at) {
    return *(*at)++;
}
#endif

static inline int8_t classical_i8(const int8_t *at) {
    return (int8_t)classical_u8((const uint8_t *)at);
}

// The text of that number in a table of texts that end with zero bytes.
static inline const uint8_t *classical_text(const uint8_t *texts, uint8_t number) {
    while (number)
        if (!classical_u8(texts++)) number--;
    return texts;
}

// The class with the highest score, the first of equals.
static inline uint8_t classical_best(const int32_t *scores, uint8_t classes) {
    uint8_t best = 0;
    for (uint8_t i = 1; i < classes; i++)
        if (scores[i] > scores[best]) best = i;
    return best;
}

#endif
