// Read, in ARMmbed/mbed-os 6: drivers/include/drivers/FlashIAP.h (5246b5e). Of BlockDevice its name alone:
// storage/blockdevice/include/blockdevice/BlockDevice.h.
#pragma once
#include <stdint.h>

namespace mbed {
class FlashIAP {
  public:
    constexpr FlashIAP() {}
    int init();
    int deinit();
    int program(const void *buffer, uint32_t addr, uint32_t size);
    int erase(uint32_t addr, uint32_t size);
    uint32_t get_page_size() const;
    uint32_t get_sector_size(uint32_t addr) const;
    uint32_t get_flash_start() const;
    uint32_t get_flash_size() const;
};
class BlockDevice {};
} // namespace mbed
