// An update whose power fails at each operation on the flash, and again while it goes on. Behind every cut the board
// must have a good image, and the update must come to its end.
//   cuts SECOND SEED      SECOND: second cuts tried behind each first one; prints how many cuts there were
#include "everywhere.h"
#include "update/slots.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 48, OLD_SIZE = 3000, NEW_SIZE = 5000, OLDEST_SIZE = 700 };
static uint8_t oldest[OLDEST_SIZE], old_image[OLD_SIZE], new_image[NEW_SIZE];
static uint8_t before[sizeof nor_bytes]; // the flash with the old image confirmed
static update u;

static void digest(const uint8_t *bytes, uint32_t size, uint8_t made[UPDATE_DIGEST]) {
    uint64_t sums[UPDATE_DIGEST / 8]; // FNV-1a from four beginnings: this is about cuts, not about forgers
    for (uint32_t s = 0; s < UPDATE_DIGEST / 8; s++) {
        sums[s] = UINT64_C(0xCBF29CE484222325) + s;
        for (uint32_t i = 0; i < size; i++) sums[s] = (sums[s] ^ bytes[i]) * UINT64_C(0x100000001B3);
    }
    memcpy(made, sums, UPDATE_DIGEST);
}
static update_arrival arrival;
static const update_config config = {.arrival = &arrival, .digest = digest};

static void require(bool right, const char *what) {
    if (right) return;
    printf("%s: %s (phase %u, confirmed %u, counter %u, operation %u)\n", doing, what, u.state.phase, u.state.confirmed,
           u.state.counter, nor_operations);
    exit(1);
}

static bool runs(const uint8_t *image, uint32_t size) {
    uint32_t found;
    const uint8_t *bytes = update_image(&u, &found);
    return bytes && found == size && memcmp(bytes, image, size) == 0;
}

// Everything that the host does, from wherever the board is, to the confirmed new image.
static void deliver(const uint8_t *image, uint32_t size, uint32_t counter) {
    update_offer offer = {counter, size, size, 1, false, {0}, "new"};
    digest(image, size, offer.digest);
    nor_kept_to = 0;
    require(update_open(&u, &config) == UPDATE_OK, "opens");
    if (u.state.counter == counter) return; // the cut came behind the confirmation
    require(update_begin(&u, &offer, BLOCK) == UPDATE_OK, "begins");
    uint32_t kept = 0;
    const uint8_t *running = update_image(&u, &kept);
    nor_kept_from = running ? (uint32_t)(running - nor_bytes) : 0;
    nor_kept_to = nor_kept_from + kept;
    const uint32_t count = (size + BLOCK - 1) / BLOCK, start = nor_chance(count);
    for (uint32_t i = 0; i < count; i++) { // in another order each time: from a chosen one, every eleventh
        const uint32_t number = (start + i * 11) % count, at = number * BLOCK;
        if (update_has_block(&u, number)) continue;
        require(update_block(&u, number, image + at, size - at < BLOCK ? size - at : BLOCK) == UPDATE_OK,
                "takes blocks");
    }
    require(update_finish(&u) == UPDATE_OK, "is whole");
    nor_kept_to = 0;
    require(update_try(&u) == UPDATE_OK && runs(image, size), "is tried");
    require(update_confirm(&u) == UPDATE_OK && runs(image, size), "is confirmed");
}

// What a board finds at its start, behind whatever cut.
static void check_start(void) {
    nor_kept_to = 0;
    require(update_open(&u, &config) == UPDATE_OK, "starts");
    require(u.state.phase != UPDATE_TRIAL, "a trial is over");
    if (u.state.counter == 3)
        require(runs(new_image, NEW_SIZE), "the confirmed new image is there");
    else
        require(u.state.counter == 2 && runs(old_image, OLD_SIZE), "the old image is there");
}

static void deliver_the_new_one(void) {
    deliver(new_image, NEW_SIZE, 3);
}

static void go_on_to_the_end(void) {
    check_start();
    deliver_the_new_one();
    require(u.state.counter == 3 && runs(new_image, NEW_SIZE), "the update comes to its end");
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    nor_seed(strtoull(argv[2], NULL, 10));
    for (uint32_t i = 0; i < NEW_SIZE; i++) new_image[i] = (uint8_t)(nor_chance(8) ? nor_chance(256) : 0xFF);
    for (uint32_t i = 0; i < OLD_SIZE; i++) old_image[i] = (uint8_t)nor_chance(256);
    memset(new_image + 2000, 0xFF, 300);                                                     // blocks that look erased
    for (uint32_t i = 0; i < sizeof nor_bytes; i++) nor_bytes[i] = (uint8_t)nor_chance(256); // as it comes
    doing = "the first images";
    deliver(oldest, OLDEST_SIZE, 1);
    deliver(old_image, OLD_SIZE, 2);
    memcpy(before, nor_bytes, sizeof before);
    const cut_update update = {check_start, deliver_the_new_one, go_on_to_the_end};
    cut_everywhere(&update, before, (uint32_t)atoi(argv[1]));
    return 0;
}
