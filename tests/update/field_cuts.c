// A signed update whose power fails at each operation on the flash, and again while it goes on, through lib/field as it
// is in firmware. Behind every cut the board must run the whole old or the whole new model, the update must come to its
// end, and the old one must be refused from then on.
//   field_cuts OLD.tmu NEW.tmu SECOND SEED
#include "everywhere.h"
#include "field_host.h"

#include <stdlib.h>
#include <string.h>

static update_file old_file, new_file;
static uint8_t before[sizeof nor_bytes]; // the flash with the old image confirmed
static uint8_t old_digest[UPDATE_DIGEST], new_digest[UPDATE_DIGEST];

static bool runs(const uint8_t digest[UPDATE_DIGEST]) {
    const uint8_t slot = update_running(&field.slots);
    return slot != UPDATE_NO_SLOT && memcmp(field.slots.state.digest[slot], digest, UPDATE_DIGEST) == 0 &&
           board_model() && nn_self_test(board_model());
}

// What a board finds at its start, behind whatever cut.
static void check_start(void) {
    nor_kept_to = 0;
    board_start();
    require(field.slots.state.phase != UPDATE_TRIAL, "a trial is over");
    if (field.slots.state.counter == 2)
        require(runs(new_digest), "the confirmed new model runs");
    else
        require(field.slots.state.counter == 1 && runs(old_digest), "the old model runs");
}

static void keep_what_runs(void) {
    uint32_t size = 0;
    const uint8_t *running = update_image(&field.slots, &size);
    nor_kept_from = (uint32_t)(running - nor_bytes);
    nor_kept_to = nor_kept_from + size;
}

static void deliver(void) {
    check_start();
    if (field.slots.state.counter == 2) return; // the cut came behind the confirmation
    keep_what_runs();
    host_delivers(&new_file);
    nor_kept_to = 0;
}

static void go_on_to_the_end(void) {
    deliver();
    require(field.slots.state.counter == 2 && runs(new_digest), "the update comes to its end");
    require(host_announces(&old_file) == LINK_REFUSED && host_answer[0] == LINK_REFUSAL_COUNTER, "no way back");
}

// One window is enough, even the last one of the trial, and CONFIRM comes too late.
static void a_late_window_ends_the_trial(void) {
    require(host_announces(&new_file) == LINK_OK && host_sends(&new_file) == LINK_OK, "the blocks are taken");
    require(host_says(LINK_UPDATE_FINISH, NULL, 0) == LINK_OK && runs(new_digest), "the image is tried");
    require(host_says(LINK_UPDATE_CONFIRM, NULL, 0) == LINK_REFUSED && host_answer[0] == LINK_REFUSAL_TRIAL, "no");
    board_window(false);
    board_window(true);
    require(host_says(LINK_UPDATE_CONFIRM, NULL, 0) == LINK_REFUSED, "the trial is over");
    require(runs(old_digest) && field.slots.state.counter == 1, "the old model is back");
    require(field.slots.state.reason == LINK_GIVEN_UP_LATE, "the reason is told");
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    old_file = file_read(argv[1]);
    new_file = file_read(argv[2]);
    nor_seed(strtoull(argv[4], NULL, 10));
    for (uint32_t i = 0; i < sizeof nor_bytes; i++) nor_bytes[i] = (uint8_t)nor_chance(256); // as it comes
    board_start();
    require(!board_model(), "the compiled-in model runs first");
    host_delivers(&old_file);
    memcpy(old_digest, field.slots.state.digest[0], UPDATE_DIGEST);
    memcpy(before, nor_bytes, sizeof before);
    file_digest(&new_file, new_digest);
    nor_cut_at(UINT32_MAX, CUT_BEFORE);
    a_late_window_ends_the_trial();
    const cut_update update = {check_start, deliver, go_on_to_the_end};
    cut_everywhere(&update, before, (uint32_t)atoi(argv[3]));
    return 0;
}
