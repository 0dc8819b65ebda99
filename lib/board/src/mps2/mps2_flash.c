// mps2_flash.c: the flash part of an emulated board is the end of its PSRAM, which QEMU keeps in a file and
// platforms/virtual keeps longer than the emulator.
#if defined(BOARD_MPS2)

#include "../virtual/virtual.h"
#include "mps2.h"

_Static_assert((int)FLASH_SIZE == (int)MPS2_FLASH_SIZE, "virtual.h and mps2.h differ");

uint8_t *flash_memory(void) {
    return (uint8_t *)(uintptr_t)MPS2_FLASH_PART;
}

void flash_changed(uint32_t at, size_t size) {
    (void)at;
    (void)size;
}

#endif
