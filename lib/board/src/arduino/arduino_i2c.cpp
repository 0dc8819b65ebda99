// arduino_i2c.cpp: the I2C bus at the board's header, and the pin BOARD_MARK_INPUT, high while another board's mark is.
#if defined(ARDUINO) && !defined(__AVR__) // which has a board of its own: avr_board.c

#include <Arduino.h>

#include "board/board.h"
#include "registers.h"

bool registers_read(TwoWire &bus, uint8_t address, uint8_t first, uint8_t *bytes, size_t size) {
    bus.beginTransmission(address);
    bus.write(first);
    if (bus.endTransmission(false) != 0) return false; // false: the reading follows without a stop
    if (bus.requestFrom(address, (uint8_t)size) != size) return false;
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)bus.read();
    return true;
}

bool registers_write(TwoWire &bus, uint8_t address, uint8_t first, const uint8_t *bytes, size_t size) {
    bus.beginTransmission(address);
    bus.write(first);
    bus.write(bytes, size);
    return bus.endTransmission() == 0;
}

int32_t board_i2c_start(uint32_t hz) {
    board_init();
    Wire.begin();
    Wire.setClock(hz);
#ifdef BOARD_MARK_INPUT
    pinMode(BOARD_MARK_INPUT, INPUT);
#endif
    return BOARD_OK;
}

bool board_i2c_read(uint8_t address, uint8_t reg, uint8_t *bytes, size_t size) {
    return registers_read(Wire, address, reg, bytes, size);
}

bool board_i2c_write(uint8_t address, uint8_t reg, const uint8_t *bytes, size_t size) {
    return registers_write(Wire, address, reg, bytes, size);
}

bool board_mark_read(void) {
#ifdef BOARD_MARK_INPUT
    return digitalRead(BOARD_MARK_INPUT) == HIGH;
#else
    return false;
#endif
}

#endif
