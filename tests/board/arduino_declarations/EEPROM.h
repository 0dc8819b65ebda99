// Read, in stm32duino/Arduino_Core_STM32: libraries/EEPROM/src/utility/stm32_eeprom.h (2718bf5), which EEPROM.h
// includes. A page of an STM32L4 has 2,048 bytes.
#pragma once
#include <stdint.h>

#define E2END (2048 - 1)
extern "C" {
void eeprom_buffer_fill();
void eeprom_buffer_flush();
uint8_t eeprom_buffered_read_byte(const uint32_t pos);
void eeprom_buffered_write_byte(uint32_t pos, uint8_t value);
}
