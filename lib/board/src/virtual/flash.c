// flash.c: NOR flash on boards without any: memory that the back end keeps, and the rules.
#if defined(BOARD_MPS2) || defined(BOARD_HOST)

#include "board/board.h"
#include "virtual.h"

#include <string.h>

enum { PAGE = 4096, UNIT = 8 }; // the unit is that of the STM32L4, the strictest board

board_flash_part board_flash(void) {
    const board_flash_part part = {flash_memory(), FLASH_SIZE, PAGE, UNIT};
    return part;
}

static bool within(uint32_t at, size_t size, uint32_t multiple) {
    return at <= FLASH_SIZE && size <= FLASH_SIZE - at && at % multiple == 0 && size % multiple == 0;
}

int32_t board_flash_read(uint32_t at, void *bytes, size_t size) {
    if (!within(at, size, 1)) return BOARD_ERR_FLASH;
    memcpy(bytes, flash_memory() + at, size);
    return BOARD_OK;
}

int32_t board_flash_erase(uint32_t at, size_t size) {
    if (!within(at, size, PAGE)) return BOARD_ERR_FLASH;
    memset(flash_memory() + at, 0xFF, size);
    flash_changed(at, size);
    return BOARD_OK;
}

static bool erased(uint32_t at, size_t size) {
    const uint8_t *bytes = flash_memory() + at;
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0xFF) return false;
    return true;
}

int32_t board_flash_program(uint32_t at, const void *bytes, size_t size) {
    if (!within(at, size, UNIT) || !erased(at, size)) return BOARD_ERR_FLASH;
    memcpy(flash_memory() + at, bytes, size);
    flash_changed(at, size);
    return BOARD_OK;
}

#endif
