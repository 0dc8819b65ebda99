// The backup registers of the STM32 Arduino core, as its header gives them.
#pragma once
#include <stdint.h>

enum : uint32_t { LL_RTC_BKP_DR31 = 31 };
void enableBackupDomain(void);
void setBackupRegister(uint32_t index, uint32_t value);
uint32_t getBackupRegister(uint32_t index);
