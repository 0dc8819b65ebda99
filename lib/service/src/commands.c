// LINK_COMMAND: the table of commands, with their arguments and the functions that answer them.
#include "board/board.h"
#include "core.h"

#include <string.h>

static uint8_t ping(service_command *c) {
    c->answered = c->size < ANSWER_ROOM ? c->size : ANSWER_ROOM;
    memcpy(c->answer, c->args, c->answered);
    return LINK_OK;
}

static uint8_t get_info(service_command *c) {
    (void)c;
    service_send_info();
    return LINK_OK;
}

static uint8_t start(service_command *c) {
    return service_switch_stream(c->args[0], true) ? LINK_OK : LINK_BAD_ARGUMENT;
}

static uint8_t stop(service_command *c) {
    return service_switch_stream(c->args[0], false) ? LINK_OK : LINK_BAD_ARGUMENT;
}

static uint8_t get_thresholds(service_command *c) {
    const decide_state *d = service.config->decide;
    if (!d) return LINK_UNSUPPORTED;
    c->answered = d->config->classes;
    memcpy(c->answer, d->threshold, c->answered);
    return LINK_OK;
}

static uint8_t set_threshold(service_command *c) {
    decide_state *d = service.config->decide;
    if (!d) return LINK_UNSUPPORTED;
    return decide_set_threshold(d, c->args[0], c->args[1]) ? LINK_OK : LINK_BAD_ARGUMENT;
}

static uint8_t get_stats(service_command *c) {
    link_cbor writer = {c->answer, ANSWER_ROOM, 0, false};
    service_write_stats(&writer);
    c->answered = writer.size;
    return writer.full ? LINK_UNSUPPORTED : LINK_OK;
}

static uint8_t reset_stats(service_command *c) {
    (void)c;
    service_reset_stats();
    return LINK_OK;
}

static uint8_t reset_board(service_command *c) {
    (void)c;
    service_end_with(board_reset);
    return LINK_OK;
}

typedef char an_answer_fits_a_frame[(int)SERVICE_FLEET_ANSWER <= (int)ANSWER_ROOM ? 1 : -1];

static uint8_t fleet(service_command *c) {
    service_fleet *run = service.config->fleet;
    return run ? run(c->args, c->size, c->answer, &c->answered) : (uint8_t)LINK_UNSUPPORTED;
}

enum { ANY = LINK_MAX_PAYLOAD };

static const struct {
    uint8_t command;
    uint16_t least, most; // bytes of arguments
    uint8_t (*run)(service_command *c);
} commands[] = {
    {LINK_PING, 0, ANY, ping},
    {LINK_GET_INFO, 0, 0, get_info},
    {LINK_START, 1, 1, start},
    {LINK_STOP, 1, 1, stop},
    {LINK_GET_THRESHOLDS, 0, 0, get_thresholds},
    {LINK_SET_THRESHOLD, 2, 2, set_threshold},
    {LINK_GET_STATS, 0, 0, get_stats},
    {LINK_RESET_STATS, 0, 0, reset_stats},
    {LINK_INJECT_BEGIN, 4, 4, service_inject_begin},
    {LINK_INJECT, 0, ANY, service_inject},
    {LINK_INJECT_END, 0, 0, service_inject_end},
    {LINK_RUN_FRONTEND, 0, 0, service_run_frontend},
    {LINK_RUN_LAYER, 2, 2, service_run_layer},
    {LINK_READ_TENSOR, 8, 8, service_read_tensor},
    {LINK_WRITE_INPUT, 4, ANY, service_write_input},
    {LINK_SELF_TEST, 0, 0, service_self_test},
    {LINK_RESET_BOARD, 0, 0, reset_board},
    {LINK_LEARN, 1, ANY, service_learn},
    {LINK_PROVOKE, 1, 1, service_provoke},
    {LINK_UPDATE_STATUS, 0, 1, service_update},
    {LINK_UPDATE_MANIFEST, 2, ANY, service_update},
    {LINK_UPDATE_BEGIN, 2, 2, service_update},
    {LINK_UPDATE_BLOCK, 5, ANY, service_update},
    {LINK_UPDATE_MISSING, 6, 6, service_update},
    {LINK_UPDATE_FINISH, 0, 0, service_update},
    {LINK_UPDATE_ABORT, 0, 0, service_update},
    {LINK_UPDATE_CONFIRM, 0, 0, service_update},
    {LINK_UPDATE_REVERT, 5, 6, service_update},
    {LINK_EVENTS, 7, 7, service_events},
    {LINK_GET_WINDOW, 6, 6, service_get_window},
    {LINK_FLEET, 1, 33 + 1, fleet},
};

static uint8_t run(uint8_t command, service_command *c) {
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (commands[i].command != command) continue;
        bool fits = c->size >= commands[i].least && c->size <= commands[i].most;
        return fits ? commands[i].run(c) : (uint8_t)LINK_BAD_ARGUMENT;
    }
    return LINK_UNKNOWN;
}

void service_run_command(const link_frame *frame) {
    if (frame->type != LINK_COMMAND || frame->size == 0) return;
    uint8_t payload[LINK_MAX_PAYLOAD] = {frame->payload[0]};
    service_command c = {frame->payload[0], frame->payload + 1, frame->size - 1, frame->sequence, payload + 2, 0};
    service_inject_keep();
    payload[1] = run(payload[0], &c);
    if (!service_inject_busy()) service_send_reply(frame->sequence, payload, 2 + c.answered);
}
