// A signed patch of the firmware whose power fails at each operation on the flash, in the firmware and in the boot
// stage, and again while it goes on. Behind every cut the boot stage must start the whole old or the whole new
// firmware, the update must come to its end, the old one must be refused, and the way back must lead to the old
// firmware.
//   firmware_cuts PROGRAM OLD.tmu NEW.tmu SECOND SEED
#include "everywhere.h"
#include "firmware_host.h"

#include <stdlib.h>
#include <string.h>

static update_file old_file, new_file;
static uint8_t before[sizeof nor_bytes]; // the flash with the old firmware confirmed
static uint8_t old_digest[UPDATE_DIGEST], new_digest[UPDATE_DIGEST];

// What a board finds at its start, behind whatever cut.
static void check_start(void) {
    nor_kept_to = 0;
    firmware_boot();
    if (field.firmware.state.counter == 2) {
        require(firmware_runs(new_digest), "the confirmed new firmware runs");
    } else if (field.firmware.state.phase == UPDATE_TRIAL) { // the cut came between the end of the patch and the reset
        require(firmware_runs(new_digest), "the new firmware runs on trial");
    } else {
        require(field.firmware.state.counter == 1 && firmware_runs(old_digest), "the old firmware runs");
    }
}

static void keep_what_is_confirmed(void) {
    uint32_t size = 0;
    update_state *state = &field.firmware.state;
    const uint8_t phase = state->phase;
    state->phase = UPDATE_IDLE; // update_image() of the confirmed one
    const uint8_t *confirmed = update_image(&field.firmware, &size);
    state->phase = phase;
    nor_kept_from = (uint32_t)(confirmed - nor_bytes);
    nor_kept_to = nor_kept_from + size;
}

static void deliver(void) {
    check_start();
    if (field.firmware.state.counter == 2) return; // the cut came behind the confirmation
    keep_what_is_confirmed();
    if (field.firmware.state.phase == UPDATE_TRIAL)
        require(host_ends() == LINK_OK, "the firmware is confirmed");
    else
        firmware_delivers(&new_file);
    nor_kept_to = 0;
}

static void go_on_to_the_end(void) {
    deliver();
    require(field.firmware.state.counter == 2 && firmware_runs(new_digest), "the update comes to its end");
    require(host_announces(&old_file) == LINK_REFUSED && host_answer[0] == LINK_REFUSAL_COUNTER, "no way back");
}

// A start during the trial, a late window, and a way back that was asked for.
static void other_ends(void) {
    require(host_announces(&new_file) == LINK_OK && host_sends(&new_file) == LINK_OK, "the blocks are taken");
    require(host_says(LINK_UPDATE_FINISH, NULL, 0) == LINK_OK, "the patch is applied");
    firmware_boot();
    require(firmware_runs(new_digest) && host_says(LINK_UPDATE_CONFIRM, NULL, 0) == LINK_REFUSED, "it is tried");
    firmware_boot();
    require(firmware_runs(old_digest) && field.firmware.state.reason == UPDATE_BY_RESTART, "a start ends it");
    require(host_announces(&new_file) == LINK_OK && host_says(LINK_UPDATE_FINISH, NULL, 0) == LINK_OK, "again");
    firmware_boot();
    board_window(true);
    service_polls();
    firmware_boot();
    require(firmware_runs(old_digest) && field.firmware.state.reason == LINK_GIVEN_UP_LATE, "a late window ends it");
    firmware_delivers(&new_file);
    const uint8_t leave[] = {field.firmware.state.confirmed, 2, 0, 0, 0, 1};
    for (int i = 0; i < 3; i++) require(host_says(LINK_UPDATE_REVERT, leave, sizeof leave) == LINK_OK, "goes back");
    firmware_boot();
    require(firmware_runs(old_digest) && field.firmware.state.counter == 2, "the old firmware is back");
    flashed_id++;
    firmware_boot();
    require(update_running(&field.firmware) == UPDATE_NO_SLOT && !firmware_runs(old_digest), "what was flashed runs");
    require(field.firmware.state.counter == 2, "the counter stays");
    flashed_id--;
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    firmware_flashed(argv[1]);
    old_file = file_read(argv[2]);
    new_file = file_read(argv[3]);
    file_digest(&old_file, old_digest);
    file_digest(&new_file, new_digest);
    nor_seed(strtoull(argv[5], NULL, 10));
    for (uint32_t i = 0; i < sizeof nor_bytes; i++) nor_bytes[i] = (uint8_t)nor_chance(256); // as it comes
    firmware_boot();
    firmware_delivers(&old_file);
    require(firmware_runs(old_digest), "the old firmware runs");
    memcpy(before, nor_bytes, sizeof before);
    nor_cut_at(UINT32_MAX, CUT_BEFORE);
    other_ends();
    const cut_update update = {check_start, deliver, go_on_to_the_end};
    cut_everywhere(&update, before, (uint32_t)atoi(argv[4]));
    return 0;
}
