// Read, in stm32duino/Arduino_Core_STM32: cores/arduino/stm32/backup.h (0ae4a3d), where these are static and inline.
#pragma once
#include <stdint.h>

enum : uint32_t { LL_RTC_BKP_DR31 = 31 };
void enableBackupDomain(void);
void setBackupRegister(uint32_t index, uint32_t value);
uint32_t getBackupRegister(uint32_t index);
