// Starts the service, and takes its turn in the application's loop.
#include "service/service.h"

#include "board/board.h"
#include "core.h"

#include <string.h>

enum { PERIOD_US = 1000000, READ_AT_ONCE = LINK_MAX_ENCODED }; // a whole frame

void service_init(const service_config *config) {
    memset(&service, 0, sizeof service);
    service.config = config;
    service.now_us = board_micros();
    service.uptime_us = service.now_us;
    service.due_us = service.uptime_us;
    link_decoder_init(&service.decoder);
    service_send_init();
    service_streams_init();
    service_inject_init();
    service_watch_init();
    service_kept_init();
    service_windows_init();
    service_arena_init();
    service_reset_stats();
    if (SERVICE_WATCHDOG_MS) board_watchdog_start(SERVICE_WATCHDOG_MS);
}

void service_renew(void) {
    service_arena_init();
    service_windows_init(); // of another model
    service_start_afresh();
    service_reset_stats();
    service_send_info();
}

void service_tell(void) {
    service_send_info();
}

static void keep_time(void) {
    uint32_t now = board_micros();
    service.uptime_us += now - service.now_us;
    service.now_us = now;
}

static void send_due(void) {
    if (service.uptime_us < service.due_us) return;
    service.due_us = service.uptime_us + PERIOD_US;
    service_send_info();
    service_send_telemetry();
}

// At most one command a turn, and none while the one before is at work or its answer would not fit.
static void read_commands(void) {
    for (int i = 0; i < READ_AT_ONCE && service_can_reply() && !service_inject_busy() && !service.last; i++) {
        uint8_t byte;
        link_frame frame;
        if (!board_console_read(&byte, 1)) return;
        if (link_decode(&service.decoder, byte, &frame)) {
            service_run_command(&frame);
            return;
        }
    }
}

void service_poll(void) {
    board_watchdog_feed();
    keep_time();
    service_inject_poll();
    if (service.config->updates) service.config->updates->poll();
    read_commands();
    service_streams_poll();
    service_send_health();
    service_send_machine();
    send_due();
    service_flush();
    if (service.last && (service_flushed() || service.uptime_us >= service.last_due_us)) service.last();
}

void service_sleep(void) {
    uint32_t before = board_micros();
    board_sleep();
    service.slept_us += board_micros() - before;
}
