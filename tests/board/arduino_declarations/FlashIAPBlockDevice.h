// Read, in ARMmbed/mbed-os 6: storage/blockdevice/COMPONENT_FLASHIAP/include/FlashIAP/FlashIAPBlockDevice.h (151f190).
// The class is in no namespace.
#pragma once
#include <FlashIAP.h>

class FlashIAPBlockDevice : public mbed::BlockDevice {
  public:
    FlashIAPBlockDevice(uint32_t address, uint32_t size);
};
