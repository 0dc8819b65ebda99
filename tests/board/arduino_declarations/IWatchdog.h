// Read, in stm32duino/Arduino_Core_STM32: libraries/IWatchdog/src/IWatchdog.h (0916513). LSI_VALUE of an STM32L4 is
// 32000, IWDG_RLR_RL is 0xFFF.
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
