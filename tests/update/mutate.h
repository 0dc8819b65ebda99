// mutate.h: changes up to three bytes of something that somebody sends: bits, heads of CBOR, bytes in or out.
#ifndef TESTS_MUTATE_H
#define TESTS_MUTATE_H

#include <stdint.h>

void mutate(uint8_t *bytes, uint32_t size); // by nor_chance

#endif
