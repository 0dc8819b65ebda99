// firmware_host.h: updates of the firmware on this computer: a board with a boot stage, whose programs are bytes that
// nobody runs. What it runs is where the boot stage has put it.
#ifndef TESTS_FIRMWARE_HOST_H
#define TESTS_FIRMWARE_HOST_H

#include "field_host.h"

extern uint8_t board_program[NOR_PAGES * NOR_PAGE];
extern uint32_t board_program_size, flashed_id; // of the build that was flashed

void firmware_flashed(const char *path); // this program is the one that was flashed
void firmware_boot(void);                // as after a reset: the boot stage, then the firmware
void firmware_delivers(
    const update_file *file); // an update, up to its confirmation; ends the program where it is refused
bool firmware_runs(const uint8_t digest[UPDATE_DIGEST]);

#endif
