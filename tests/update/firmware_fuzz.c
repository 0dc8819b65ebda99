// Changes manifests and patches of the firmware again and again, and gives them to lib/field and to the boot stage.
// Nothing that was changed may be started, and no sanitizer may find anything.
//   firmware_fuzz PROGRAM OLD.tmu NEW.tmu COUNT SEED
#include "firmware_host.h"

#include "mutate.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static update_file old_file, new_file;
static uint8_t old_digest[UPDATE_DIGEST], new_digest[UPDATE_DIGEST];
static uint8_t confirmed[sizeof nor_bytes], received[sizeof nor_bytes]; // the flash, and with all blocks of the new one
static field_state idle, waiting;
static uint8_t old_program[sizeof board_program];
static uint32_t old_size;
static unsigned long made, damaged;

static void restore(const uint8_t *flash, const field_state *state) {
    memcpy(nor_bytes, flash, sizeof nor_bytes);
    memcpy(board_program, old_program, old_size);
    board_program_size = old_size;
    field = *state;
}

static void is_still_the_old_one(void) {
    require(field.firmware.state.counter == 1 && firmware_runs(old_digest), "nothing else became active");
}

static void try_manifest(void) {
    update_file bad = new_file;
    uint8_t *bytes = malloc(new_file.signed_size);
    restore(confirmed, &idle);
    memcpy(bytes, new_file.manifest, new_file.signed_size);
    mutate(bytes, new_file.signed_size);
    bad.manifest = bytes;
    if (memcmp(bytes, new_file.manifest, new_file.signed_size) != 0)
        require(host_announces(&bad) != LINK_OK, "a changed manifest is refused");
    free(bytes);
    is_still_the_old_one();
}

// What arrived was changed on its way, or in the flash. The signature covers what comes out, and another patch may make
// the same.
static void try_patch(void) {
    restore(received, &waiting);
    const update *u = &field.firmware;
    uint8_t *arrived = nor_bytes + u->config.start + 2 * NOR_PAGE + u->slot_size + NOR_PAGE; // the second slot
    mutate(arrived, new_file.payload_size);
    if (memcmp(nor_bytes, received, sizeof nor_bytes) == 0) return;
    if (host_says(LINK_UPDATE_FINISH, NULL, 0) == LINK_OK) {
        firmware_boot();
        require(firmware_runs(new_digest), "it is the firmware that was signed");
        made++;
        return;
    }
    require(host_answer[0] == LINK_REFUSAL_DIGEST || host_answer[0] == LINK_REFUSAL_CHANGES, "the digest decides");
    is_still_the_old_one();
}

// The image in flash is no longer what its digest was of: the boot stage must not start it.
static void try_image(void) {
    uint32_t size;
    restore(confirmed, &idle);
    uint8_t *image = nor_bytes + (update_image(&field.firmware, &size) - nor_bytes);
    image[nor_chance(size)] ^= (uint8_t)(1u << nor_chance(8));
    firmware_boot();
    require(!firmware_runs(old_digest) && update_running(&field.firmware) == UPDATE_NO_SLOT, "the flashed one runs");
    damaged++;
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    firmware_flashed(argv[1]);
    old_file = file_read(argv[2]);
    new_file = file_read(argv[3]);
    file_digest(&old_file, old_digest);
    file_digest(&new_file, new_digest);
    const unsigned long count = strtoul(argv[4], NULL, 10);
    nor_seed(strtoull(argv[5], NULL, 10));
    memset(nor_bytes, 0xFF, sizeof nor_bytes);
    firmware_boot();
    firmware_delivers(&old_file);
    firmware_boot();
    idle = field;
    old_size = board_program_size;
    memcpy(old_program, board_program, old_size);
    memcpy(confirmed, nor_bytes, sizeof confirmed);
    require(host_announces(&new_file) == LINK_OK && host_sends(&new_file) == LINK_OK, "it arrives");
    waiting = field;
    memcpy(received, nor_bytes, sizeof received);
    for (unsigned long i = 0; i < count; i++) {
        if (i % 8 == 0)
            try_manifest();
        else if (i % 8 == 1)
            try_image();
        else
            try_patch();
    }
    printf("%lu mutations; %lu patches made the same firmware, %lu damaged images were not started\n", count, made,
           damaged);
    return 0;
}
