// board.c: the common parts of the virtual boards: console and sleep.
#include "board/board.h"
#include "virtual.h"

#if defined(BOARD_MPS2) || defined(BOARD_HOST)

#define STALLED_MS 1000 // a listener that takes nothing this long is treated as absent

static bool stalled;

const char *board_name(void) {
    return THIMBLE_BOARD;
}
uint32_t board_micros(void) {
    return (uint32_t)(clock_now() / 1000);
}

// While a recording plays, nothing happens before the next sample: the board need not wait for it.
void board_sleep(void) {
    uint64_t due = UINT64_MAX;
    sensors_next_due(&due);
    if (sensors_playing() && due > clock_now()) {
        clock_skip_to(due);
    } else {
        bus_poll();
        clock_sleep_until(due);
    }
}

size_t board_console_read(uint8_t *bytes, size_t size) {
    size_t count = 0;
    while (count < size && port_get(PORT_CONSOLE, bytes + count)) count++;
    return count;
}

size_t port_send(port_id port, const uint8_t *bytes, size_t size, uint32_t patience_ms) {
    size_t sent = 0;
    while (sent < size) {
        const size_t accepted = port_put(port, bytes + sent, size - sent);
        if (accepted == 0 && !port_wait_room(port, patience_ms)) break;
        sent += accepted;
    }
    return sent;
}

// The clock stands still meanwhile: to the board it takes no time, however long the listener needs.
size_t board_console_write(const uint8_t *bytes, size_t size) {
    clock_stop();
    const size_t sent = port_send(PORT_CONSOLE, bytes, size, stalled ? 0 : STALLED_MS);
    stalled = sent < size;
    clock_run();
    return sent;
}

size_t board_console_room(void) {
    if (stalled) stalled = !port_wait_room(PORT_CONSOLE, 0);
    return stalled ? 0 : SIZE_MAX;
}

#endif
