// The watchdog library of the STM32 Arduino core, as its header gives it.
#pragma once
#include <stdint.h>

#define IWDG_TIMEOUT_MAX (((256 * 1000000) / 32000) * 0xFFF)
class IWatchdogClass {
  public:
    void begin(uint32_t timeout, uint32_t window = IWDG_TIMEOUT_MAX);
    void reload(void);
    bool isEnabled(void);
};
extern IWatchdogClass IWatchdog;
