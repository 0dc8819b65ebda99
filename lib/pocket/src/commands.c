// The commands of the host, and the answers.
#include "classical/check.h"
#include "core.h"

enum { ROW = 2 * BOARD_IMU_AXES };
static const uint32_t SLOWEST_MHZ = 1000, FASTEST_MHZ = INT32_MAX; // bounds the work of a sample

void pocket_put_u32(uint8_t *out, uint32_t value) {
    for (uint8_t i = 0; i < 4; i++, value >>= 8) out[i] = (uint8_t)value;
}

static uint16_t get_u16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | (uint16_t)bytes[1] << 8);
}

static uint32_t get_u32(const uint8_t *bytes) {
    return get_u16(bytes) | (uint32_t)get_u16(bytes + 2) << 16;
}

typedef struct {
    uint8_t command;
    const uint8_t *args;
    uint8_t size;
    uint8_t answer[8];
    uint8_t answered; // bytes of `answer`
    const void *more; // behind it
    uint8_t more_size;
} call;

static uint8_t answer_two(call *c, uint32_t first, uint32_t second) {
    pocket_put_u32(c->answer, first);
    pocket_put_u32(c->answer + 4, second);
    c->answered = 8;
    return LINK_OK;
}

static uint8_t inject_begin(const call *c) {
    const uint32_t asked = get_u32(c->args), rate = asked ? asked : pocket.config->rate_mhz;
    if (rate < SLOWEST_MHZ || rate > FASTEST_MHZ) return LINK_BAD_ARGUMENT;
    pocket.injecting = true;
    pocket_start_afresh(rate);
    return LINK_OK;
}

static uint8_t inject(call *c) {
    uint16_t windows = 0;
    if (!pocket.injecting) return LINK_NOT_NOW;
    if (!c->size || c->size % ROW) return LINK_BAD_ARGUMENT;
    for (const uint8_t *at = c->args; at < c->args + c->size; at += ROW) {
        int16_t axis[BOARD_IMU_AXES];
        for (uint8_t i = 0; i < BOARD_IMU_AXES; i++) axis[i] = (int16_t)get_u16(at + 2 * i);
        if (pocket.config->sample(axis)) windows++;
    }
    pocket.judged = pocket.judged || windows;
    c->answer[0] = (uint8_t)windows;
    c->answer[1] = (uint8_t)(windows >> 8);
    c->answered = 2;
    return LINK_OK;
}

uint8_t pocket_inject_end(void) {
    if (!pocket.injecting) return LINK_NOT_NOW;
    pocket.injecting = false;
    pocket_start_afresh(pocket.config->rate_mhz);
    return LINK_OK;
}

static uint8_t run_frontend(call *c) {
    if (!pocket.judged) return LINK_NOT_NOW;
    const uint32_t start = board_cycles();
    pocket.config->window();
    const uint32_t cycles = board_cycles() - start;
    return answer_two(c, classical_crc32(pocket.config->features, pocket.config->inputs), cycles);
}

static uint32_t scores_crc(void) {
    return classical_crc32(pocket.config->scores, (uint16_t)(pocket.config->classes * sizeof(int32_t)));
}

static uint8_t run_layer(call *c) {
    if (get_u16(c->args)) return LINK_BAD_ARGUMENT;
    const uint32_t start = board_cycles();
    pocket.config->classify();
    const uint32_t cycles = board_cycles() - start;
    return answer_two(c, scores_crc(), cycles);
}

static uint8_t read_tensor(call *c) {
    const uint16_t layer = get_u16(c->args), count = get_u16(c->args + 6);
    const uint32_t offset = get_u32(c->args + 2);
    const bool input = layer == LINK_MODEL_INPUT;
    const uint16_t size = input ? pocket.config->inputs : (uint16_t)(pocket.config->classes * sizeof(int32_t));
    if ((!input && layer) || count > LINK_MAX_PAYLOAD - 2 || offset > size || count > size - offset)
        return LINK_BAD_ARGUMENT;
    c->more = (input ? (const uint8_t *)pocket.config->features : (const uint8_t *)pocket.config->scores) + offset;
    c->more_size = (uint8_t)count;
    return LINK_OK;
}

static uint8_t self_test(call *c) {
    classical_fixed_row(pocket.config->features, pocket.config->inputs);
    pocket.config->classify();
    return answer_two(c, scores_crc(), pocket.config->check);
}

static uint8_t switch_stream(const call *c) {
    const uint8_t stream = c->args[0];
    if (stream > STREAM_SCORES && stream != LINK_ALL) return LINK_BAD_ARGUMENT;
    if (stream != STREAM_IMU) pocket.scores_on = c->command == LINK_START;
    return LINK_OK;
}

static uint8_t echo(call *c) {
    c->more = c->args;
    c->more_size = c->size < LINK_MAX_PAYLOAD - 2 ? c->size : LINK_MAX_PAYLOAD - 2;
    return LINK_OK;
}

static uint8_t thresholds(call *c) {
    c->more = pocket.config->decide->threshold;
    c->more_size = pocket.config->classes;
    return LINK_OK;
}

// Bytes of arguments that a command takes: at least, at most.
static bool fits(uint8_t command, uint8_t size) {
    switch (command) {
    case LINK_START:
    case LINK_STOP:
        return size == 1;
    case LINK_SET_THRESHOLD:
    case LINK_RUN_LAYER:
        return size == 2;
    case LINK_INJECT_BEGIN:
        return size == 4;
    case LINK_READ_TENSOR:
        return size == 8;
    case LINK_PING:
    case LINK_INJECT:
        return true;
    default:
        return size == 0;
    }
}

static uint8_t run(call *c) {
    switch (c->command) {
    case LINK_PING:
        return echo(c);
    case LINK_GET_INFO:
    case LINK_GET_STATS:
    case LINK_RESET_BOARD:
        return LINK_OK; // `respond` does the rest
    case LINK_START:
    case LINK_STOP:
        return switch_stream(c);
    case LINK_GET_THRESHOLDS:
        return thresholds(c);
    case LINK_SET_THRESHOLD:
        return decide_set_threshold(pocket.config->decide, c->args[0], c->args[1]) ? LINK_OK : LINK_BAD_ARGUMENT;
    case LINK_RESET_STATS:
        pocket_reset_stats();
        return LINK_OK;
    case LINK_INJECT_BEGIN:
        return inject_begin(c);
    case LINK_INJECT:
        return inject(c);
    case LINK_INJECT_END:
        return pocket_inject_end();
    case LINK_RUN_FRONTEND:
        return run_frontend(c);
    case LINK_RUN_LAYER:
        return run_layer(c);
    case LINK_READ_TENSOR:
        return read_tensor(c);
    case LINK_SELF_TEST:
        return self_test(c);
    default:
        return LINK_UNKNOWN;
    }
}

void pocket_respond(const link_frame *frame) {
    call c = {frame->payload[0], frame->payload + 1, (uint8_t)(frame->size - 1), {0}, 0, NULL, 0};
    const uint8_t status = fits(c.command, c.size) ? run(&c) : (uint8_t)LINK_BAD_ARGUMENT;
    const uint8_t start[2] = {c.command, status};
    pocket_begin(LINK_REPLY, 0, frame->sequence);
    pocket_bytes(start, sizeof start);
    pocket_bytes(c.answer, c.answered);
    pocket_bytes(c.more, c.more_size);
    if (c.command == LINK_GET_STATS && status == LINK_OK) pocket_write_stats();
    pocket_end();
    if (status != LINK_OK) return;
    if (c.command == LINK_GET_INFO) pocket_tell(LINK_INFO, pocket_write_info);
    if (c.command != LINK_RESET_BOARD) return;
    for (const uint32_t start_us = board_micros(); board_micros() - start_us < 5000;) {
    } // until the answer is out
    board_reset();
}
