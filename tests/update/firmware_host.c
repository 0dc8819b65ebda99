#include "firmware_host.h"

#include "board/firmware.h"
#include "update/signature.h"
#include "update/start.h"
#include <string.h>

enum { MODELS = 6 * NOR_PAGE }; // of the flash part

uint8_t board_program[NOR_PAGES * NOR_PAGE];
uint32_t board_program_size, flashed_id = 7;
static uint8_t *flashed;
static uint32_t flashed_size;

// What lib/field calls of the board.
board_firmware_part board_firmware(void) {
    const board_firmware_part part = {board_program, board_program_size, flashed_id, MODELS, sizeof nor_bytes - MODELS};
    return part;
}

void firmware_flashed(const char *path) {
    flashed = bytes_read(path, &flashed_size);
}

static bool is_right(const uint8_t *image, uint32_t size) {
    return size > 4 && memcmp(image, flashed, 4) == 0; // the magic number of programs here
}

void firmware_boot(void) {
    static update u;
    const update_config config = {.start = MODELS, .owner = flashed_id};
    uint32_t size;
    const uint8_t *image = update_start(&u, &config, &size, is_right);
    if (!image) size = flashed_size;
    memcpy(board_program, image ? image : flashed, size);
    board_program_size = size;
    board_ended = false;
    board_start();
}

void firmware_delivers(const update_file *file) {
    require(host_announces(file) == LINK_OK, "the manifest is taken");
    require(host_sends(file) == LINK_OK, "the blocks are taken");
    require(host_says(LINK_UPDATE_FINISH, NULL, 0) == LINK_OK && board_ended, "the board restarts");
    firmware_boot();
    require(field.firmware.state.phase == UPDATE_TRIAL, "the firmware is tried");
    require(host_ends() == LINK_OK, "the firmware is confirmed");
}

bool firmware_runs(const uint8_t digest[UPDATE_DIGEST]) {
    uint8_t found[UPDATE_DIGEST];
    update_digest(board_program, board_program_size, found);
    return memcmp(found, digest, sizeof found) == 0;
}
