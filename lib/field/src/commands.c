// LINK_UPDATE_...: what the host says of a model that it gives.
#include "core.h"

#if FIELD_UPDATES

#include "board/board.h"
#include <string.h>

typedef struct {
    const uint8_t *args;
    size_t size;
    uint8_t *answer;
    size_t answered;
    field_refusal why;
} command;

static uint32_t get_u32(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint32_t get_u16(const uint8_t *bytes) {
    return bytes[0] | (uint32_t)bytes[1] << 8;
}

static void put(command *c, uint32_t value, size_t bytes) {
    for (; bytes; bytes--, value >>= 8) c->answer[c->answered++] = (uint8_t)value;
}

static uint8_t refused(command *c, uint32_t reason, uint32_t needs, uint32_t has) {
    c->why = (field_refusal){reason, needs, has};
    return LINK_REFUSED;
}

static uint8_t as_slots_say(command *c, update_result result) {
    return result == UPDATE_OK ? (uint8_t)LINK_OK : refused(c, result, 0, 0);
}

// Of which slots a command asks: its last byte may say so. NULL: this firmware has none of those.
static update *about(const command *c, size_t fixed) {
    const bool firmware = c->size > fixed && c->args[fixed];
    return field_about(firmware ? UPDATE_KIND_FIRMWARE : UPDATE_KIND_IMAGE);
}

static uint8_t status(command *c) {
    const update *u = about(c, 0);
    if (!u) return refused(c, LINK_REFUSAL_KIND, UPDATE_KIND_FIRMWARE, UPDATE_KIND_ARRAYS);
    const update_state *state = &u->state;
    const uint8_t running = update_running(u);
    put(c, state->phase, 1);
    put(c, state->reason, 1);
    put(c, state->confirmed, 1);
    put(c, running, 1);
    put(c, state->counter, 4);
    put(c, state->offered, 4);
    put(c, state->payload, 4);
    put(c, update_missing(u), 4);
    put(c, update_block_size(u), 2);
    put(c, state->phase == UPDATE_TRIAL ? field.windows : 0, 2);
    put(c, u->slot_size, 4);
    if (running == UPDATE_NO_SLOT) return LINK_OK;
    memcpy(c->answer + c->answered, state->digest[running], UPDATE_DIGEST);
    c->answered += UPDATE_DIGEST;
    return LINK_OK;
}

static uint8_t manifest(command *c) {
    const uint32_t offset = get_u16(c->args);
    const size_t size = c->size - 2;
    if (offset == 0) field.filled = 0;
    if (offset != field.filled || size > sizeof field.manifest - offset) return LINK_BAD_ARGUMENT;
    memcpy(field.manifest + offset, c->args + 2, size);
    field.filled = (uint16_t)(offset + size);
    return LINK_OK;
}

static uint8_t begin(command *c) {
    update_manifest m;
    update_offer offer;
    if (field_on_trial()) return refused(c, LINK_REFUSAL_PHASE, 0, 0);
    if (!field_judge(&m, &c->why)) return LINK_REFUSED;
    update_manifest_offer(&m, &offer);
    field.sent = field_about(m.value[UPDATE_FIELD_KIND].number);
    const update_result result = update_begin(field.sent, &offer, get_u16(c->args));
    if (result == UPDATE_ERR_SIZE) return refused(c, result, offer.size, field.sent->slot_size);
    put(c, update_blocks(field.sent), 4);
    put(c, update_missing(field.sent), 4);
    return as_slots_say(c, result);
}

static uint8_t block(command *c) {
    const update_result result = update_block(field.sent, get_u32(c->args), c->args + 4, (uint32_t)(c->size - 4));
    put(c, update_missing(field.sent), 4);
    return as_slots_say(c, result);
}

static uint8_t missing(command *c) {
    const uint32_t first = get_u32(c->args), count = get_u16(c->args + 4), blocks = update_blocks(field.sent);
    if (count > 8 * SERVICE_UPDATE_ANSWER || first > blocks || count > blocks - first) return LINK_BAD_ARGUMENT;
    memset(c->answer, 0, SERVICE_UPDATE_ANSWER);
    for (uint32_t i = 0; i < count; i++)
        if (!update_has_block(field.sent, first + i)) c->answer[i / 8] |= (uint8_t)(1u << i % 8);
    c->answered = (count + 7) / 8;
    return LINK_OK;
}

// A model runs from now on, a firmware after a restart.
static uint8_t finish(command *c) {
    const uint32_t left = update_missing(field.sent);
    update_result result = update_finish(field.sent);
    if (result == UPDATE_ERR_MISSING) return refused(c, result, left, 0);
    if (result == UPDATE_OK && field.sent != &field.slots) {
        service_end_with(board_reset);
        return LINK_OK;
    }
    if (result == UPDATE_OK) result = update_try(field.sent);
    if (result != UPDATE_OK) return as_slots_say(c, result);
    return field_try(&c->why) ? LINK_OK : LINK_REFUSED;
}

static uint8_t give_up(command *c) {
    if (!field_on_trial()) return as_slots_say(c, update_give_up(field.sent, UPDATE_BY_HOST));
    field_end_trial(UPDATE_BY_HOST);
    return LINK_OK;
}

static uint8_t confirm(command *c) {
    if (field_on_trial() && field.windows) return refused(c, LINK_REFUSAL_TRIAL, field.windows, 0);
    return as_slots_say(c, update_confirm(field.sent));
}

// It names what it leaves, for a host that hears no answer gives the command again. A slot and a counter are never
// confirmed together a second time: only a confirmation raises the counter, and a way back changes the slot.
static uint8_t revert(command *c) {
    update *u = about(c, 5);
    if (!u) return refused(c, LINK_REFUSAL_KIND, UPDATE_KIND_FIRMWARE, UPDATE_KIND_ARRAYS);
    if (field_on_trial()) return refused(c, LINK_REFUSAL_PHASE, 0, 0);
    if (u->state.confirmed != c->args[0] || u->state.counter != get_u32(c->args + 1)) return LINK_OK;
    const update_result result = update_fall_back(u, GIVEN_UP_AS_REVERTED);
    if (result != UPDATE_OK) return as_slots_say(c, result);
    if (u != &field.slots) {
        service_end_with(board_reset);
        return LINK_OK;
    }
    field_choose();
    service_renew();
    return LINK_OK;
}

static uint8_t (*const runs[])(command *c) = {status, manifest, begin,   block, missing,
                                              finish, give_up,  confirm, revert};

uint8_t field_run(uint8_t number, const uint8_t *args, size_t size, uint8_t *answer, size_t *answered) {
    command c = {args, size, answer, 0, {0, 0, 0}};
    uint8_t result;
    if (field.broken)
        result = refused(&c, LINK_REFUSAL_FLASH, 0, 0);
    else
        result = runs[number - LINK_UPDATE_STATUS](&c);
    if (result == LINK_REFUSED) {
        c.answered = 0;
        put(&c, c.why.reason, 1);
        put(&c, c.why.needs, 4);
        put(&c, c.why.has, 4);
    }
    *answered = c.answered;
    return result;
}

#endif
