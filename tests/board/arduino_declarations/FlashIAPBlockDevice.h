// A block device in the flash, of Mbed OS 6, as its documentation gives it.
#pragma once
#include <FlashIAP.h>

namespace mbed {
class FlashIAPBlockDevice : public BlockDevice {
  public:
    FlashIAPBlockDevice(uint32_t address, uint32_t size);
};
} // namespace mbed
