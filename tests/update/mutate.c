#include "mutate.h"

#include "nor.h"
#include <string.h>

void mutate(uint8_t *bytes, uint32_t size) {
    static const uint8_t heads[] = {0x00, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1F, 0x20, 0x3B, 0x40, 0x58, 0x5A, 0x5B, 0x5F,
                                    0x60, 0x7F, 0x80, 0x98, 0x9F, 0xA0, 0xB1, 0xBF, 0xC0, 0xF4, 0xF6, 0xFB, 0xFF};
    for (uint32_t changes = 1 + nor_chance(3); changes; changes--) {
        const uint32_t at = nor_chance(size);
        switch (nor_chance(4)) {
        case 0:
            bytes[at] ^= (uint8_t)(1u << nor_chance(8));
            break;
        case 1:
            bytes[at] = (uint8_t)nor_chance(256);
            break;
        case 2:
            bytes[at] = heads[nor_chance(sizeof heads)];
            break;
        default: // a byte in or out: what follows moves
            if (nor_chance(2))
                memmove(bytes + at + 1, bytes + at, size - at - 1);
            else
                memmove(bytes + at, bytes + at + 1, size - at - 1);
            break;
        }
    }
}
