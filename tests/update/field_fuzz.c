// Changes manifests, images and patches again and again, and gives them to lib/field as it is in firmware. Nothing that
// was changed may become active, and no sanitizer may find anything.
//   field_fuzz OLD.tmu IMAGE.tmu ARRAYS.tmu COUNT SEED
#include "field_host.h"
#include "mutate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static update_file files[3];
static uint8_t confirmed[sizeof nor_bytes]; // the flash with the old image confirmed
static uint8_t received[2][sizeof nor_bytes];
static field_state waiting[2]; // all blocks of the second and of the third file are there
static unsigned long parsed, made;

static void is_still_the_old_one(void) {
    require(field.slots.state.counter == 1 && field.slots.state.phase != UPDATE_TRIAL, "nothing else became active");
    require(field_image() && update_running(&field.slots) == 0, "the old model runs");
}

// A changed manifest, of the whole length or cut.
static void try_manifest(const update_file *good) {
    update_file bad = *good;
    update_manifest m;
    uint8_t *bytes = malloc(good->signed_size); // of exactly that size: the sanitizer sees the byte behind
    memcpy(bytes, good->manifest, good->signed_size);
    mutate(bytes, nor_chance(8) ? good->signed_size - UPDATE_SIGNATURE : good->signed_size);
    if (!nor_chance(16)) bad.signed_size = nor_chance(good->signed_size);
    bad.manifest = bytes;
    const bool same = memcmp(bytes, good->manifest, good->signed_size) == 0;
    uint8_t *alone = malloc(good->signed_size - UPDATE_SIGNATURE);
    memcpy(alone, bytes, good->signed_size - UPDATE_SIGNATURE);
    if (!same && update_manifest_read(&m, alone, good->signed_size - UPDATE_SIGNATURE) == 0) parsed++;
    if (!same || bad.signed_size != good->signed_size)
        require(host_announces(&bad) != LINK_OK, "a changed manifest is refused");
    free(alone);
    free(bytes);
    is_still_the_old_one();
}

// What arrived was changed on its way, or in the flash.
static void try_payload(int kind) {
    memcpy(nor_bytes, received[kind], sizeof nor_bytes);
    field = waiting[kind];
    uint8_t *arrived = nor_bytes + (2 + NOR_PAGES / 2 - 1) * NOR_PAGE; // of the second slot
    mutate(arrived, waiting[kind].slots.state.payload);
    if (memcmp(nor_bytes, received[kind], sizeof nor_bytes) == 0) return;
    const uint8_t status = host_says(LINK_UPDATE_FINISH, NULL, 0);
    if (status == LINK_OK) { // a patch that is written otherwise and makes the same image
        require(kind == 1 && host_ends() == LINK_OK && nn_self_test(board_model()), "it is the image that was signed");
        made++;
        return;
    }
    require(host_answer[0] == LINK_REFUSAL_DIGEST || host_answer[0] == LINK_REFUSAL_CHANGES, "the digest decides");
    is_still_the_old_one();
}

static void wait_for_the_end_of(int kind) {
    memcpy(nor_bytes, confirmed, sizeof confirmed);
    board_start();
    require(host_announces(&files[1 + kind]) == LINK_OK && host_sends(&files[1 + kind]) == LINK_OK, "it arrives");
    memcpy(received[kind], nor_bytes, sizeof nor_bytes);
    waiting[kind] = field;
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    for (int i = 0; i < 3; i++) files[i] = file_read(argv[1 + i]);
    const unsigned long count = strtoul(argv[4], NULL, 10);
    nor_seed(strtoull(argv[5], NULL, 10));
    memset(nor_bytes, 0xFF, sizeof nor_bytes);
    board_start();
    host_delivers(&files[0]);
    memcpy(confirmed, nor_bytes, sizeof confirmed);
    for (int kind = 0; kind < 2; kind++) wait_for_the_end_of(kind);
    for (unsigned long i = 0; i < count; i++) {
        if (i % 3) {
            try_payload(i % 3 - 1);
            continue;
        }
        memcpy(nor_bytes, confirmed, sizeof confirmed);
        board_start();
        try_manifest(&files[1 + i / 3 % 2]);
    }
    printf("%lu mutations; %lu manifests parsed, %lu patches made the same image\n", count, parsed, made);
    return 0;
}
