// saboteur.c: ways to break a board, linked around good firmware (-Wl,--wrap=function). None is at work until the host
// chooses one; the choice outlives a reset and not a power cut. The kinds are those of saboteur.py.
#include "anomaly/baseline.h"
#include "board/board.h"
#include "decide/decide.h"
#include "frontend/imu.h"
#include "link/frame.h"
#include "nn/model.h"
#include "service/service.h"
#include "update/manifest.h"
#include "update/slots.h"

#include <string.h>

#define COMMAND 0x7F // of the host: kind u8
#define MAGIC   0x5AB07A6Eu

extern uint32_t __stack_bottom[]; // of the linker's script

void service_send_reply(uint16_t sequence, const uint8_t *payload, size_t size); // lib/service/src/internal.h
void service_run_command(const link_frame *frame);
void service_end_with(void (*last)(void));
void service_send_info(void);

__attribute__((section(".noinit"))) static struct {
    uint32_t magic, kind;
    uint32_t memory; // of the one that was chosen
} chosen;
static bool commanded; // a command is being run

static bool is(uint32_t kind) {
    return chosen.magic == MAGIC && chosen.kind == kind;
}

static void spin_us(uint32_t us) {
    for (uint32_t start = board_cycles(), cycles = us / 64 * 1000; board_cycles() - start < cycles;) {
    }
}

__attribute__((noreturn)) static void hang(void) {
    for (;;) __asm volatile("");
}

#define WRAP(type, function, ...)                                                                                      \
    type __real_##function(__VA_ARGS__);                                                                               \
    type __wrap_##function(__VA_ARGS__);                                                                               \
    type __wrap_##function(__VA_ARGS__)

WRAP(void, service_run_command, const link_frame *frame) {
    if (frame->type != 0x10 || frame->size != 2 || frame->payload[0] != COMMAND) {
        commanded = true;
        __real_service_run_command(frame);
        commanded = false;
        return;
    }
    chosen.magic = MAGIC;
    chosen.kind = frame->payload[1];
    chosen.memory = 0;
    service_send_reply(frame->sequence, (const uint8_t[]){COMMAND, 0}, 2);
}

// Start.

WRAP(void, setup, void) {
    if (is(STARTS_LATE)) spin_us(5000000);
    __real_setup();
}

WRAP(void, service_send_info, void) {
    if (commanded || !is(WAITS_TO_BE_ASKED)) __real_service_send_info();
}

WRAP(void, service_end_with, void (*last)(void)) {
    if (!is(NEVER_RESETS)) __real_service_end_with(last);
}

WRAP(board_reset_cause, board_reset_reason, void) {
    return is(FORGETS_WHY_IT_STARTED) ? BOARD_RESET_UNKNOWN : __real_board_reset_reason();
}

WRAP(bool, board_watchdog_start, uint32_t ms) {
    return is(HAS_NO_WATCHDOG) || __real_board_watchdog_start(ms);
}

// Clock and sensor.

WRAP(uint32_t, board_micros, void) {
    const uint32_t now = __real_board_micros();
    return is(CLOCK_DRIFTS) ? now + now / 1000 : now;
}

WRAP(size_t, board_imu_read, board_imu_sample *samples, size_t count) {
    static uint32_t total;
    static board_imu_sample first;
    size_t taken = __real_board_imu_read(samples, count);
    if (is(IS_DEAF)) return 0;
    for (size_t i = 0; i < taken; i++, total++) {
        if (is(SENSES_NOTHING)) memset(samples[i].axis, 0, sizeof samples[i].axis);
        if (total == 0) first = samples[i];
        if (is(SENSES_THE_SAME)) memcpy(samples[i].axis, first.axis, sizeof first.axis);
        if (is(SENSES_WRONGLY) && total % 50 == 49) samples[i].axis[1] ^= 1;
    }
    return is(SENSES_HALF) && total % 2 ? 0 : taken;
}

WRAP(uint32_t, board_sensor_overruns, void) {
    static uint32_t calls;
    return __real_board_sensor_overruns() + (is(LOSES_SAMPLES) ? ++calls / 16 : 0);
}

// Computing.

WRAP(void, imu_window, const imu_frontend *f, int8_t *input) {
    __real_imu_window(f, input);
    if (is(FRONT_END_IS_WRONG)) input[7] ^= 1;
}

static void use_stack_down_to(uint32_t left) {
    volatile uint8_t here;
    const size_t size = (size_t)(&here - (volatile uint8_t *)__stack_bottom) - left;
    volatile uint8_t eaten[size];
    eaten[0] = 1;
    (void)eaten[0];
}

WRAP(void, nn_run, const nn_model *model) {
    static uint32_t runs;
    runs++;
    if (is(STACK_IS_NEARLY_FULL)) use_stack_down_to(96);
    if (is(STACK_GROWS)) use_stack_down_to(runs < 3000 ? 5000 - runs : 2000);
    if (is(IS_LATE) && runs % 50 == 0) spin_us(300000);
    if (is(RESTARTS_NOW_AND_THEN) && runs % 500 == 499) board_reset();
    __real_nn_run(model);
    if (is(ARENA_IS_TOO_SMALL)) model->arena[model->arena_size + 3] = 1;
    if (is(COMPUTES_WRONGLY)) model->output[0] ^= 1;
}

// Decision.

WRAP(bool, decide_push, decide_state *d, const int8_t *scores, decide_event *event) {
    const bool detected = __real_decide_push(d, scores, event);
    if (is(EVENTS_ARE_LOST)) return false;
    if (is(SCORES_ARE_WRONG) && detected) event->score ^= 1;
    if (is(THRESHOLDS_COME_LATE) && chosen.memory && --chosen.memory % 1024 == 0) {
        decide_set_threshold(d, DECIDE_NO_CLASS, (uint8_t)(chosen.memory / 1024));
        chosen.memory = 0;
    }
    return detected;
}

WRAP(bool, decide_set_threshold, decide_state *d, uint8_t class_id, uint8_t threshold) {
    if (is(THRESHOLDS_ARE_IGNORED)) return true;
    if (is(THRESHOLDS_COME_LATE) && commanded) {
        chosen.memory = threshold * 1024u + 40;
        return true;
    }
    if (is(THRESHOLDS_STAY)) chosen.memory = 1u + threshold;
    return __real_decide_set_threshold(d, class_id, threshold);
}

WRAP(int, decide_init, decide_state *d, const decide_config *config) {
    const int done = __real_decide_init(d, config);
    if (is(THRESHOLDS_STAY) && chosen.memory) d->threshold[0] = (uint8_t)(chosen.memory - 1);
    return done;
}

// Link.

WRAP(bool, link_decode, link_decoder *decoder, uint8_t byte, link_frame *frame) {
    const uint32_t before = decoder->errors;
    const bool complete = __real_link_decode(decoder, byte, frame);
    if (decoder->errors == before) return complete;
    if (is(HANGS_ON_DAMAGE)) hang();
    if (is(RESTARTS_ON_DAMAGE)) board_reset();
    if (is(DOES_NOT_COUNT_DAMAGE)) decoder->errors = before;
    return complete;
}

// Store, of what an application learns.

// Every second time the power fails before it is done.
WRAP(int32_t, board_store_write, const char *key, const void *bytes, size_t size) {
    uint8_t torn[BOARD_STORE_SIZE] = {0};
    const bool tears = (is(STORE_IS_TORN) || is(TORN_STORE_IS_TRUSTED)) && size > 0 && chosen.memory++ % 2;
    if (!tears) return __real_board_store_write(key, bytes, size);
    memcpy(torn, bytes, size / 2);
    __real_board_store_write(key, torn, size);
    board_reset();
    return BOARD_ERR_STORE;
}

WRAP(bool, anomaly_baseline_valid, const anomaly_baseline *b, uint8_t features, uint32_t model) {
    return is(TORN_STORE_IS_TRUSTED) || __real_anomaly_baseline_valid(b, features, model);
}

// Updates in the field.

static const uint8_t anybody[UPDATE_PUBLIC_KEY];
const uint8_t *field_public_key(const uint8_t id[UPDATE_KEY_ID]); // lib/field/src/core.h

WRAP(const uint8_t *, field_public_key, const uint8_t id[UPDATE_KEY_ID]) {
    const uint8_t *key = __real_field_public_key(id);
    return !key && is(ANY_KEY_IS_TAKEN) ? anybody : key;
}

WRAP(bool, update_signed, const uint8_t *bytes, uint32_t size, const uint8_t signature[64], const uint8_t key[32]) {
    return is(UNSIGNED_IS_TAKEN) || key == anybody || __real_update_signed(bytes, size, signature, key);
}

WRAP(uint32_t, update_manifest_read, update_manifest *m, const uint8_t *bytes, uint32_t size) {
    const uint32_t fault = __real_update_manifest_read(m, bytes, size);
    uint32_t *counter = &m->value[UPDATE_FIELD_COUNTER].number;
    if (is(COUNTER_IS_NOT_COMPARED)) {
        if (*counter <= chosen.memory) *counter = chosen.memory + 1;
        chosen.memory = *counter;
    }
    if (is(FOREIGN_IS_TAKEN)) m->value[UPDATE_FIELD_POINTER].number = 4;
    return fault;
}

WRAP(bool, update_manifest_says, const update_manifest *m, uint32_t field, const char *text) {
    return is(FOREIGN_IS_TAKEN) || __real_update_manifest_says(m, field, text);
}

bool field_has_program(const update_manifest *m); // lib/field/src/core.h

WRAP(bool, field_has_program, const update_manifest *m) {
    return is(BASE_IS_NOT_COMPARED) || __real_field_has_program(m);
}

WRAP(update_result, update_open, update *u, const update_config *config) {
    const update_result result = __real_update_open(u, config);
    if (is(COUNTER_IS_FORGOTTEN)) u->state.counter = 0;
    return result;
}

WRAP(int32_t, board_flash_program, uint32_t at, const void *bytes, size_t size) {
    uint8_t worn[UPDATE_MAX_BLOCK];
    memcpy(worn, bytes, size);
    if (is(FLASH_IS_WORN) && size > 100) worn[size / 2] &= 0x7F;
    if (is(FLASH_IS_WORN) && size > 100) worn[size / 3] &= 0xFE;
    return __real_board_flash_program(at, worn, size);
}

WRAP(board_flash_part, board_flash, void) {
    board_flash_part part = __real_board_flash();
    if (is(FLASH_IS_FULL)) part.size = 6 * part.page;
    return part;
}
