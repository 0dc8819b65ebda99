// host_store.c: the store of this computer as a board: a file for each value, beside the program.
#include "host.h"

#ifdef BOARD_HOST

#include "board/board.h"

#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4096, KEY_LENGTH = 15 };

static bool path_of(const char *key, const char *ending, char *path) {
    const bool plain = *key && strlen(key) <= KEY_LENGTH && !strpbrk(key, "/\\:.");
    const int length = snprintf(path, PATH_SIZE, "%s.%s%s", host_program(), key, ending);
    return plain && length > 0 && length < PATH_SIZE;
}

size_t board_store_read(const char *key, void *bytes, size_t size) {
    char path[PATH_SIZE];
    uint8_t value[BOARD_STORE_SIZE + 1];
    FILE *file = path_of(key, "", path) ? fopen(path, "rb") : NULL;
    if (!file) return 0;
    const size_t found = fread(value, 1, sizeof value, file);
    fclose(file);
    if (found > size || found > BOARD_STORE_SIZE) return 0;
    memcpy(bytes, value, found);
    return found;
}

static bool write_file(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    if (!file) return false;
    const bool written = fwrite(bytes, 1, size, file) == size;
    return fclose(file) == 0 && written;
}

int32_t board_store_write(const char *key, const void *bytes, size_t size) {
    char path[PATH_SIZE], scratch[PATH_SIZE];
    if (size > BOARD_STORE_SIZE || !path_of(key, "", path) || !path_of(key, ".new", scratch)) return BOARD_ERR_STORE;
    if (size == 0) {
        remove(path);
        return BOARD_OK;
    }
    if (!write_file(scratch, bytes, size)) return BOARD_ERR_STORE;
    remove(path); // Windows does not rename over a file
    return rename(scratch, path) == 0 ? BOARD_OK : BOARD_ERR_STORE;
}

#endif
