// host_flash.c: the flash part of this computer as a board, in a file beside the program: <program>.flash.
#include "host.h"

#ifdef BOARD_HOST

#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

static uint8_t part[FLASH_SIZE] __attribute__((aligned(8)));
static bool loaded;

static FILE *open_file(const char *mode) {
    char path[PATH_SIZE];
    const int length = snprintf(path, sizeof path, "%s.flash", host_program());
    return length > 0 && length < PATH_SIZE ? fopen(path, mode) : NULL;
}

uint8_t *flash_memory(void) {
    if (loaded) return part;
    loaded = true;
    memset(part, 0xFF, sizeof part);
    FILE *file = open_file("rb");
    if (!file) return part;
    const size_t found = fread(part, 1, sizeof part, file);
    (void)found; // what a short file lacks is erased
    fclose(file);
    return part;
}

void flash_changed(uint32_t at, size_t size) {
    FILE *file = open_file("r+b");
    if (!file) {
        file = open_file("wb");
        at = 0;
        size = sizeof part; // a new file
    }
    if (!file) return;
    if (fseek(file, (long)at, SEEK_SET) == 0) fwrite(part + at, 1, size, file);
    fclose(file);
}

#endif
