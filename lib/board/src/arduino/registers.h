// registers.h: a chip on I2C as registers behind an address.
#ifndef BOARD_REGISTERS_H
#define BOARD_REGISTERS_H

#include <Wire.h>
#include <stddef.h>
#include <stdint.h>

// `size` registers from `first` on. False: the chip does not acknowledge.
bool registers_read(TwoWire &bus, uint8_t address, uint8_t first, uint8_t *bytes, size_t size);
bool registers_write(TwoWire &bus, uint8_t address, uint8_t first, const uint8_t *bytes, size_t size);

static inline bool register_set(TwoWire &bus, uint8_t address, uint8_t which, uint8_t value) {
    return registers_write(bus, address, which, &value, 1);
}

static inline int16_t pair_low_first(const uint8_t *bytes) {
    return (int16_t)(uint16_t)(bytes[0] | bytes[1] << 8);
}
static inline int16_t pair_high_first(const uint8_t *bytes) {
    return (int16_t)(uint16_t)(bytes[1] | bytes[0] << 8);
}

#endif
