// host_board.c: this computer as a board. Its cycles are nanoseconds of a monotonic clock: they compare runs on the
// same machine and are not exact.
#include "host.h"

#ifdef BOARD_HOST

#include "board/board.h"

#define LONGEST_SLEEP_NS 1000000000u

static uint64_t not_counted; // host time that was no board time, less what the board skipped
static uint64_t stopped_at;
static uint32_t stops; // one inside the other
static struct {
    uint8_t bytes[4096];
    size_t filled, taken;
} received[PORT_COUNT];

uint64_t clock_now(void) {
    return stops ? stopped_at : host_time() - not_counted;
}

void clock_stop(void) {
    const uint64_t now = clock_now();
    if (stops++ == 0) stopped_at = now;
}

void clock_run(void) {
    if (stops && --stops == 0) not_counted = host_time() - stopped_at;
}

void clock_skip_to(uint64_t time) {
    const uint64_t now = clock_now();
    if (time > now) not_counted -= time - now;
}

static bool has_byte(port_id port) {
    if (received[port].taken == received[port].filled) {
        received[port].filled = line_read(port, received[port].bytes, sizeof received[port].bytes);
        received[port].taken = 0;
    }
    return received[port].taken < received[port].filled;
}

void clock_sleep_until(uint64_t time) {
    const uint64_t now = clock_now();
    const uint64_t longest = time - now < LONGEST_SLEEP_NS ? time - now : LONGEST_SLEEP_NS;
    if (time > now && !has_byte(PORT_CONSOLE) && !has_byte(PORT_BUS)) lines_wait_bytes(true, true, longest);
}

bool port_get(port_id port, uint8_t *byte) {
    if (!has_byte(port)) return false;
    *byte = received[port].bytes[received[port].taken++];
    return true;
}

size_t port_put(port_id port, const uint8_t *bytes, size_t size) {
    return line_write(port, bytes, size);
}

bool port_wait_byte(port_id port, uint32_t milliseconds) {
    const uint64_t end = host_time() + milliseconds * 1000000ull;
    for (;;) {
        const uint64_t now = host_time();
        if (has_byte(port)) return true;
        if (now >= end) return false;
        lines_wait_bytes(port == PORT_CONSOLE, port == PORT_BUS, end - now);
    }
}

bool port_wait_room(port_id port, uint32_t milliseconds) {
    return line_wait_room(port, milliseconds);
}

const uint8_t *shared_memory(uint32_t *size) { // its line is fast enough
    *size = 0;
    return NULL;
}

bool restarted(void) {
    return host_last_reset() == HOST_RESET_PLAYER;
}
void restart(void) {
    host_restart(HOST_RESET_PLAYER);
}
void board_reset(void) {
    host_restart(HOST_RESET_SOFTWARE);
}

board_reset_cause board_reset_reason(void) {
    static const board_reset_cause causes[] = {
        [HOST_RESET_POWER] = BOARD_RESET_POWER,     [HOST_RESET_SOFTWARE] = BOARD_RESET_SOFTWARE,
        [HOST_RESET_PLAYER] = BOARD_RESET_SOFTWARE, [HOST_RESET_WATCHDOG] = BOARD_RESET_WATCHDOG,
        [HOST_RESET_FAULT] = BOARD_RESET_FAULT,
    };
    return causes[host_last_reset()];
}

void board_mark(bool high) {
    (void)high;
}

void board_init(void) {
    not_counted = host_time();
    sensors_init();
    bus_init();
}

uint32_t board_cycles(void) {
    return (uint32_t)clock_now();
}
uint32_t board_cycles_hz(void) {
    return 1000000000u;
}
uint32_t board_stack_used(void) {
    return 0;
}
uint32_t board_stack_size(void) {
    return 0;
}

int main(int argc, char **argv) {
    lines_open(argc, argv);
    board_init();
    setup();
    for (;;) loop();
}

#endif
