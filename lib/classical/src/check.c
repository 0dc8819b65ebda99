#include "classical/check.h"

uint32_t classical_crc32(const void *bytes, uint16_t size) {
    uint32_t crc = UINT32_C(0xFFFFFFFF);
    for (const uint8_t *at = (const uint8_t *)bytes; size--; at++) {
        crc ^= *at;
        for (uint8_t bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xEDB88320) : 0);
    }
    return ~crc;
}

void classical_fixed_row(int8_t *x, uint8_t inputs) {
    uint32_t value = UINT32_C(12345);
    while (inputs--) {
        value = value * UINT32_C(1664525) + UINT32_C(1013904223);
        *x++ = (int8_t)(uint8_t)(value >> 24);
    }
}
