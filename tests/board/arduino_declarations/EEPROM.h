// The emulated EEPROM of the STM32 Arduino core, as its documentation gives it.
#pragma once
#include <stdint.h>

#define E2END 2047
extern "C" {
uint8_t eeprom_buffered_read_byte(const uint32_t pos);
void eeprom_buffered_write_byte(uint32_t pos, uint8_t value);
void eeprom_buffer_fill(void);
void eeprom_buffer_flush(void);
}
