// mps2_firmware.c: the firmware as the boot stage of an emulated board started it.
#if defined(BOARD_MPS2) && defined(BOOT_STAGE)

#include "board/firmware.h"
#include "program.h"

board_firmware_part board_firmware(void) {
    const program_head *const program = (const program_head *)PROGRAM_PLACE;
    const board_firmware_part part = {(const uint8_t *)program, program->size, program->id[PROGRAM_ID_WORD],
                                      MPS2_MODELS_SIZE, MPS2_FLASH_SIZE - MPS2_MODELS_SIZE};
    return part;
}

#endif
