// arduino_i2c.cpp: the I2C bus at the board's header, and the pin BOARD_MARK_INPUT, high while another board's mark is.
#ifdef ARDUINO

#include <Arduino.h>
#include <Wire.h>

#include "board/board.h"

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
    Wire.beginTransmission(address);
    Wire.write(reg);
    if (Wire.endTransmission(false) != 0) return false; // false: the reading follows without a stop
    if (Wire.requestFrom(address, (uint8_t)size) != size) return false;
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)Wire.read();
    return true;
}

bool board_i2c_write(uint8_t address, uint8_t reg, const uint8_t *bytes, size_t size) {
    Wire.beginTransmission(address);
    Wire.write(reg);
    Wire.write(bytes, size);
    return Wire.endTransmission() == 0;
}

bool board_mark_read(void) {
#ifdef BOARD_MARK_INPUT
    return digitalRead(BOARD_MARK_INPUT) == HIGH;
#else
    return false;
#endif
}

#endif
