#include "anomaly/machine.h"

#include "frontend/integer.h" // log2_q8, square_root

#include <string.h>

enum { OCTAVE = 256, STILL = 32, MOVED = 3 };
enum { KNOCK = MACHINE_BLOCKS, FORGIVEN = 3 * KNOCK, MOST = 4 * KNOCK }; // of `knocks`, which loses one a block

typedef struct {   // one block
    int32_t level; // 1/256 of an octave
    int32_t step;  // of gravity since the block before it, counts, summed over the axes
    int32_t shake; // standard deviation, counts
} block;

int machine_init(machine *m, const machine_config *c) {
    if (c->axes < 1 || c->axes > MACHINE_MAX_AXES || c->block < 2 || c->block > 32768 || c->knock < 1 || c->span < 1)
        return MACHINE_ERR_CONFIG;
    memset(m, 0, sizeof *m);
    m->config = c;
    machine_reset(m);
    return MACHINE_OK;
}

static void forget_levels(machine *m) {
    m->next = m->levels = 0;
    m->steady = 0;
}

static void start_block(machine *m) {
    m->filled = 0;
    memset(m->sum, 0, sizeof m->sum);
    memset(m->squares, 0, sizeof m->squares);
}

void machine_reset(machine *m) {
    start_block(m);
    forget_levels(m);
    m->state = MACHINE_OFF;
    m->placed = false;
    m->quiet = 2;
    m->knocks = 0;
}

static block end_block(machine *m) {
    const int64_t n = m->config->block;
    uint64_t variance = 0; // times n^2: at most 3 * 2^60
    block b = {0, 0, 0};
    for (uint32_t axis = 0; axis < m->config->axes; axis++) {
        const int64_t sum = m->sum[axis];
        const int32_t gravity = (int32_t)(sum / n);
        const int32_t moved = gravity - m->gravity[axis];
        variance += (uint64_t)n * m->squares[axis] - (uint64_t)(sum * sum);
        if (m->placed) b.step += moved < 0 ? -moved : moved;
        m->gravity[axis] = gravity;
    }
    variance /= (uint64_t)(n * n);
    b.level = log2_q8(variance + 1);
    b.shake = (int32_t)square_root(variance);
    m->placed = true;
    start_block(m);
    return b;
}

// Blocks that look off, in a row: two make the machine off; a machine that is off stays so up to an octave higher.
static bool looks_off(machine *m, const block *b) {
    const bool off = m->state == MACHINE_OFF && m->quiet >= 2;
    m->quiet = b->level < m->config->off_level + (off ? OCTAVE : 0) ? (uint8_t)(m->quiet < 2 ? m->quiet + 1 : 2) : 0;
    return m->quiet >= 2;
}

// `age` 0 is the latest group of blocks, 3 the first; the sum of its levels.
static int32_t group_level(const machine *m, uint32_t age) {
    int32_t sum = 0;
    for (uint32_t i = 0; i < MACHINE_GROUP; i++)
        sum += m->level[(m->next + MACHINE_BLOCKS - 1u - age * MACHINE_GROUP - i) % MACHINE_BLOCKS];
    return sum;
}

static bool stands_out(const machine *m, const block *b) {
    if (m->state != MACHINE_STEADY && m->state != MACHINE_DISTURBED) return false;
    return b->step > MOVED * b->shake + STILL ||
           (b->level - m->config->knock) * (int32_t)MACHINE_GROUP > group_level(m, 0);
}

// True: the block is a knock, which is left out.
static bool is_knock(machine *m, const block *b) {
    if (m->knocks) m->knocks--;
    if (!stands_out(m, b)) return false;
    m->knocks = (uint8_t)(m->knocks + KNOCK < MOST ? m->knocks + KNOCK : MOST);
    return m->knocks <= FORGIVEN;
}

static void put_level(machine *m, int32_t level) {
    m->level[m->next] = (int16_t)level; // at most 32 octaves
    m->next = (uint8_t)((m->next + 1u) % MACHINE_BLOCKS);
    if (m->levels < MACHINE_BLOCKS) m->levels++;
}

static bool all_alike(const machine *m) {
    int32_t least = INT32_MAX, most = INT32_MIN;
    if (m->levels < MACHINE_BLOCKS) return false;
    for (uint32_t age = 0; age < 4; age++) {
        const int32_t level = group_level(m, age);
        if (level < least) least = level;
        if (level > most) most = level;
    }
    return most - least <= m->config->span * (int32_t)MACHINE_GROUP;
}

static int32_t latest_level(const machine *m) {
    return m->level[(m->next + MACHINE_BLOCKS - 1u) % MACHINE_BLOCKS];
}

// A steady machine that is far below its level for two blocks is on its way out, before its groups show that.
static bool drops(const machine *m, const block *b) {
    const int32_t limit = group_level(m, 1) - m->config->knock * (int32_t)MACHINE_GROUP;
    return m->steady && b->level * (int32_t)MACHINE_GROUP < limit && latest_level(m) * (int32_t)MACHINE_GROUP < limit;
}

// What a machine does that is neither off nor steady.
static machine_state on_its_way(const machine *m) {
    if (m->levels < 2 * MACHINE_GROUP) return m->state == MACHINE_STOPPING ? MACHINE_STOPPING : MACHINE_STARTING;
    const int32_t change = group_level(m, 0) - group_level(m, 1), limit = m->config->span * (int32_t)MACHINE_GROUP / 2;
    if (change < -limit) return MACHINE_STOPPING;
    return change > limit || m->state != MACHINE_STOPPING ? MACHINE_STARTING : MACHINE_STOPPING;
}

static machine_state next_state(machine *m, const block *b) {
    if (looks_off(m, b)) {
        forget_levels(m);
        m->knocks = 0;
        return MACHINE_OFF;
    }
    if (is_knock(m, b)) {
        m->steady = 0;
        return MACHINE_DISTURBED;
    }
    if (drops(m, b)) {
        forget_levels(m);
        put_level(m, b->level);
        return MACHINE_STOPPING;
    }
    put_level(m, b->level);
    if (!all_alike(m)) {
        m->steady = 0;
        return on_its_way(m);
    }
    // What proved that it is steady was steady too; after a knock nothing older counts.
    const bool before = m->state == MACHINE_STEADY || m->state == MACHINE_DISTURBED;
    const uint32_t more = before ? m->config->block : MACHINE_BLOCKS * m->config->block;
    m->steady = m->steady < UINT32_MAX - more ? m->steady + more : m->steady;
    return MACHINE_STEADY;
}

bool machine_push(machine *m, const int16_t *sample) {
    for (uint32_t axis = 0; axis < m->config->axes; axis++) {
        const int32_t x = sample[axis];
        m->sum[axis] += x;
        m->squares[axis] += (uint64_t)(x * x);
    }
    if (++m->filled < m->config->block) return false;
    const block b = end_block(m);
    m->state = next_state(m, &b);
    return true;
}

bool machine_at_block_end(const machine *m) {
    return m->filled == 0;
}

bool machine_judges(const machine *m, uint32_t window) {
    return machine_at_block_end(m) && m->state == MACHINE_STEADY && m->steady >= window;
}

const char *machine_name(machine_state state) {
    static const char *const names[MACHINE_STATES] = {"off", "starting", "steady", "stopping", "disturbed"};
    return state < MACHINE_STATES ? names[state] : "?";
}
