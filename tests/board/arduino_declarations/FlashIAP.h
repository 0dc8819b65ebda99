// Flash of Mbed OS 6, as its documentation gives it.
#pragma once
#include <stdint.h>

namespace mbed {
class FlashIAP {
  public:
    int init();
    int deinit();
    uint32_t get_sector_size(uint32_t addr) const;
    uint32_t get_flash_start() const;
    uint32_t get_flash_size() const;
};
class BlockDevice {};
} // namespace mbed
