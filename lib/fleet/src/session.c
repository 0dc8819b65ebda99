#include "fleet/session.h"

#include "board/board.h"
#include "fleet/clip.h"
#include "fleet/update.h"
#include "link/messages.h"
#include "nn/model.h" // nn_crc32

#include <string.h>

static const char store[] = "fleet";

typedef struct { // in the board's store
    uint8_t seed[FLEET_KEY];
    uint32_t last; // round that was joined
    uint32_t crc;  // of all before it
} kept;

enum { JOIN_SIZE = 26 };
typedef enum { IDLE, JOINED, BEGUN, REVEALED } phase;

static struct {
    const fleet_giver *giver;
    phase phase;
    fleet_round round;
    fleet_wanted wanted;
    uint32_t most;
    uint16_t size, present;
    uint8_t joined[JOIN_SIZE];           // arguments of JOIN
    uint8_t keys[FLEET_MOST][FLEET_KEY]; // public ones, then those that are revealed
    uint8_t count;                       // of them
    fleet_masks masks;
} session;

static uint32_t number(const uint8_t *bytes, uint8_t count) {
    uint32_t made = 0;
    while (count--) made = made << 8 | bytes[count];
    return made;
}

static void put(uint8_t *bytes, uint32_t value, uint8_t count) {
    for (uint8_t i = 0; i < count; i++) bytes[i] = (uint8_t)(value >> 8 * i);
}

static bool load(kept *own) {
    return board_store_read(store, own, sizeof *own) == sizeof *own &&
           own->crc == nn_crc32(own, (uint32_t)offsetof(kept, crc));
}

static bool save(kept *own) {
    kept found;
    own->crc = nn_crc32(own, (uint32_t)offsetof(kept, crc));
    return board_store_write(store, own, sizeof *own) == BOARD_OK && load(&found) && !memcmp(&found, own, sizeof found);
}

void fleet_start(const fleet_giver *giver) {
    memset(&session, 0, sizeof session);
    session.giver = giver;
}

static uint16_t has(uint8_t kind) {
    const fleet_wanted wanted = {kind, 0, 0, 0};
    return session.giver->give(&wanted, NULL);
}

static uint8_t status(const uint8_t *args, uint8_t *answer, size_t *answered) {
    kept own;
    (void)args;
    const bool seeded = load(&own);
    answer[0] = seeded;
    put(answer + 1, seeded ? own.last : 0, 4);
    put(answer + 5, has(LINK_FLEET_KIND_SUMS), 2);
    put(answer + 7, has(LINK_FLEET_KIND_UPDATES), 2);
    memcpy(answer + 9, session.giver->model(), FLEET_MODEL);
    *answered = 9 + FLEET_MODEL;
    return LINK_OK;
}

static uint8_t seed(const uint8_t *args, uint8_t *answer, size_t *answered) {
    static const uint8_t nothing[FLEET_KEY];
    kept own;
    (void)answer;
    (void)answered;
    if (load(&own)) return memcmp(own.seed, args, FLEET_KEY) ? (uint8_t)LINK_NOT_NOW : (uint8_t)LINK_OK;
    if (!memcmp(args, nothing, FLEET_KEY)) return LINK_BAD_ARGUMENT;
    memset(&own, 0, sizeof own);
    memcpy(own.seed, args, FLEET_KEY);
    return save(&own) ? LINK_OK : LINK_UNSUPPORTED;
}

static uint8_t forget(const uint8_t *args, uint8_t *answer, size_t *answered) {
    (void)args;
    (void)answer;
    (void)answered;
    fleet_start(session.giver);
    return board_store_write(store, NULL, 0) == BOARD_OK ? LINK_OK : LINK_UNSUPPORTED;
}

static bool is_current(const uint8_t *args) { // it was joined already, and the answer was lost
    return session.phase == JOINED && !memcmp(args, session.joined, JOIN_SIZE);
}

static bool take_up(const uint8_t *args, kept *own) { // a round of its own; what was of the one before is forgotten
    own->last = number(args, 4);
    fleet_start(session.giver);
    if (!save(own)) return false;
    memcpy(session.joined, args, JOIN_SIZE);
    session.round.round = own->last;
    memcpy(session.round.model, args + 4, FLEET_MODEL);
    session.most = number(args + 13, 4);
    session.size = (uint16_t)number(args + 17, 2);
    session.phase = JOINED;
    return true;
}

static uint8_t join(const uint8_t *args, uint8_t *answer, size_t *answered) {
    kept own;
    const fleet_wanted wanted = {args[12], args[21], (uint16_t)number(args + 19, 2), (int32_t)number(args + 22, 4)};
    const uint16_t size = session.giver->give(&wanted, NULL);
    const uint32_t most = number(args + 13, 4);
    if (!size || size > session.giver->room || !load(&own)) return LINK_UNSUPPORTED;
    if (memcmp(args + 4, session.giver->model(), FLEET_MODEL) || most < 1 || most > FLEET_LARGEST) {
        return LINK_BAD_ARGUMENT;
    }
    if (number(args + 17, 2) != size || wanted.rate > FLEET_RATE || wanted.logit_unit < 0) return LINK_BAD_ARGUMENT;
    if (!is_current(args)) {
        if (number(args, 4) <= own.last) return LINK_NOT_NOW;
        if (!take_up(args, &own)) return LINK_UNSUPPORTED;
        session.wanted = wanted;
    }
    fleet_public(own.seed, own.last, answer);
    *answered = FLEET_KEY;
    return LINK_OK;
}

static uint8_t member(const uint8_t *args, uint8_t *answer, size_t *answered) {
    (void)answer;
    (void)answered;
    if (args[0] >= FLEET_MOST) return LINK_BAD_ARGUMENT;
    if (session.phase == BEGUN && !memcmp(session.keys[args[0]], args + 1, FLEET_KEY)) return LINK_OK;
    if (session.phase != JOINED) return LINK_NOT_NOW;
    memcpy(session.keys[args[0]], args + 1, FLEET_KEY);
    return LINK_OK;
}

static uint8_t begin(const uint8_t *args, uint8_t *answer, size_t *answered) {
    kept own;
    int32_t *values = session.giver->values;
    (void)answer;
    (void)answered;
    if (session.phase == BEGUN && args[0] == session.round.own && args[1] == session.round.members) return LINK_OK;
    if (session.phase != JOINED || !load(&own)) return LINK_NOT_NOW;
    session.round.own = args[0];
    session.round.members = args[1];
    if (session.giver->give(&session.wanted, values) != session.size) return LINK_UNSUPPORTED;
    if (!fleet_begin(&session.masks, own.seed, &session.round, (const uint8_t (*)[FLEET_KEY])session.keys)) {
        return LINK_BAD_ARGUMENT;
    }
    const uint32_t length = fleet_length(values, session.size);
    for (uint16_t i = 0; i < session.size; i++) values[i] = fleet_clipped(values[i], length, session.most);
    session.phase = BEGUN;
    return LINK_OK;
}

static bool read_block(uint32_t block, uint8_t *answer, size_t *answered) {
    uint32_t part[FLEET_BLOCK];
    const uint32_t first = block * FLEET_BLOCK, left = session.size - first;
    const uint32_t count = left < FLEET_BLOCK ? left : FLEET_BLOCK;
    for (uint32_t i = 0; i < count; i++) part[i] = (uint32_t)session.giver->values[first + i];
    if (!fleet_mask(&session.masks, block, part, count)) return false;
    for (uint32_t i = 0; i < count; i++, *answered += 4) put(answer + *answered, part[i], 4);
    return true;
}

static uint8_t read(const uint8_t *args, uint8_t *answer, size_t *answered) {
    const uint32_t block = number(args, 2);
    if (session.phase != BEGUN) return LINK_NOT_NOW;
    if (block * FLEET_BLOCK >= session.size) return LINK_BAD_ARGUMENT;
    for (uint32_t i = block; i < block + 4 && i * FLEET_BLOCK < session.size; i++) {
        if (!read_block(i, answer, answered)) return LINK_NOT_NOW;
    }
    return LINK_OK;
}

static uint8_t reveal(const uint8_t *args, uint8_t *answer, size_t *answered) {
    const uint16_t present = (uint16_t)number(args, 2);
    if (session.phase == BEGUN) {
        session.count = fleet_reveal(&session.masks, present, session.keys);
        if (!session.count) return LINK_BAD_ARGUMENT;
        session.present = present;
        session.phase = REVEALED;
    }
    if (session.phase != REVEALED || present != session.present) return LINK_NOT_NOW;
    if (args[2] >= session.count) return LINK_BAD_ARGUMENT;
    memcpy(answer, session.keys[args[2]], FLEET_KEY);
    *answered = FLEET_KEY;
    return LINK_OK;
}

static const struct {
    uint8_t size; // bytes of its arguments
    uint8_t (*run)(const uint8_t *args, uint8_t *answer, size_t *answered);
} operations[] = {
    [LINK_FLEET_STATUS] = {0, status},
    [LINK_FLEET_SEED] = {FLEET_KEY, seed},
    [LINK_FLEET_FORGET] = {0, forget},
    [LINK_FLEET_JOIN] = {JOIN_SIZE, join},
    [LINK_FLEET_MEMBER] = {1 + FLEET_KEY, member},
    [LINK_FLEET_BEGIN] = {2, begin},
    [LINK_FLEET_READ] = {2, read},
    [LINK_FLEET_REVEAL] = {3, reveal},
};

uint8_t fleet_run(const uint8_t *args, size_t size, uint8_t *answer, size_t *answered) {
    *answered = 0;
    if (!size || args[0] >= sizeof operations / sizeof operations[0]) return LINK_BAD_ARGUMENT;
    if (size != 1u + operations[args[0]].size) return LINK_BAD_ARGUMENT;
    return operations[args[0]].run(args + 1, answer, answered);
}
