// The loop's turn, and what a window comes to.
#include "pocket/pocket.h"

#include "core.h"

#include <string.h>

enum { PERIOD_US = 1000000, SILENCE_US = 10000000 };

pocket_state pocket;

void pocket_reset_stats(void) {
    pocket.windows = pocket.events = 0;
    pocket.frames_before = pocket.decoder.frames;
    pocket.errors_before = pocket.decoder.errors;
    memset(pocket.cycles, 0, sizeof pocket.cycles);
}

void pocket_start_afresh(uint32_t rate_mhz) {
    pocket.judged = false;
    pocket.config->reset(rate_mhz);
}

void pocket_init(const pocket_config *config) {
    memset(&pocket, 0, sizeof pocket);
    pocket.config = config;
    pocket.now_us = board_micros();
    pocket.uptime_us = pocket.now_us;
    pocket.due_us = pocket.now_us;
    link_decoder_init(&pocket.decoder);
    pocket_reset_stats();
    board_watchdog_start(POCKET_WATCHDOG_MS);
}

void pocket_tell(uint8_t type, void (*write)(void)) {
    pocket_begin(type, 0, pocket_sequence(type));
    write();
    pocket_end();
}

static void read_commands(void) {
    uint8_t byte;
    link_frame frame;
    while (board_console_read(&byte, 1)) {
        if (!link_decode(&pocket.decoder, byte, &frame)) continue;
        pocket.heard_us = pocket.now_us;
        if (frame.type == LINK_COMMAND && frame.size) pocket_respond(&frame);
        return;
    }
}

bool pocket_injecting(void) {
    return pocket.injecting;
}

void pocket_poll(void) {
    const uint32_t now = board_micros();
    board_watchdog_feed();
    pocket.uptime_us += now - pocket.now_us;
    pocket.now_us = now;
    read_commands();
    if (pocket.injecting && pocket.now_us - pocket.heard_us >= SILENCE_US) pocket_inject_end();
    if ((int32_t)(pocket.now_us - pocket.due_us) < 0) return;
    pocket.due_us = pocket.now_us + PERIOD_US;
    pocket_tell(LINK_INFO, pocket_write_info);
    pocket_tell(LINK_TELEMETRY, pocket_write_stats);
}

static void count(pocket_cycles *c, uint32_t cycles) {
    c->last = cycles;
    if (cycles < c->min || !pocket.windows) c->min = cycles;
    if (cycles > c->max) c->max = cycles;
}

void pocket_window(const pocket_timing *timing, uint8_t class_id) {
    count(&pocket.cycles[0], timing->frontend);
    count(&pocket.cycles[1], timing->inference);
    count(&pocket.cycles[2], timing->decide);
    pocket.windows++;
    pocket.answer = class_id;
    if (!pocket.scores_on) return;
    pocket_begin(LINK_DATA, STREAM_SCORES, pocket_sequence(LINK_DATA));
    for (uint8_t i = 0; i < pocket.config->classes; i++) pocket_bytes(i == class_id ? "\xFF" : "", 1);
    pocket_end();
}

void pocket_event(const decide_event *event, const pocket_timing *timing) {
    uint8_t payload[LINK_EVENT_SIZE] = {event->class_id, event->score};
    const uint32_t cycles = timing->frontend + timing->inference + timing->decide;
    const uint32_t latency_us = cycles / (board_cycles_hz() / UINT32_C(1000000));
    const uint32_t values[] = {event->window, timing->frontend, timing->inference, timing->decide, latency_us};
    for (uint8_t i = 0; i < 5; i++) pocket_put_u32(payload + 2 + 4 * i, values[i]);
    pocket.events++;
    pocket_begin(LINK_EVENT, 0, pocket_sequence(LINK_EVENT));
    pocket_bytes(payload, LINK_EVENT_SIZE - 4); // no image
    pocket_end();
}
