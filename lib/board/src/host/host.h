// host.h: the two lines of the host board, by operating system. On POSIX they are standard input and output or two
// pseudo-terminals; on Windows only standard input and output, hence no sensor bus.
#ifndef BOARD_HOST_H
#define BOARD_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../virtual/virtual.h"

void lines_open(int argc, char **argv);
size_t line_read(port_id port, uint8_t *bytes, size_t size);        // bytes that were there
size_t line_write(port_id port, const uint8_t *bytes, size_t size); // bytes accepted
bool line_wait_room(port_id port, uint32_t milliseconds);
void lines_wait_bytes(bool console, bool bus, uint64_t ns); // until one of those has a byte, at most `ns`
uint64_t host_time(void);                                   // ns, monotonic

// A reset is the program again, on the same lines.
typedef enum {
    HOST_RESET_POWER,
    HOST_RESET_SOFTWARE,
    HOST_RESET_PLAYER, // the host's wish, over the sensor bus
    HOST_RESET_WATCHDOG,
    HOST_RESET_FAULT
} host_reset;
void host_restart(host_reset cause); // also from a signal's handler
host_reset host_last_reset(void);
void host_watchdog_stop(void);
const char *host_program(void); // its path

#endif
