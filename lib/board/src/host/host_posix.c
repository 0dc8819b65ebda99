// host_posix.c: standard input and output, or with `--pty` two pseudo-terminals announced in QEMU's words, so that
// a program that starts boards need not tell them apart. A reset is the program again, on the same lines:
//   firmware [--pty | --again CAUSE CONSOLE SENSORS]
#if defined(BOARD_HOST) && !defined(_WIN32)

#define _GNU_SOURCE // posix_openpt and its like, cfmakeraw
#define _DARWIN_C_SOURCE

#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define RECHECK_MS    20   // for a listener, while nobody has the other end open
#define WRITE_AT_ONCE 512u // POSIX: a pipe that is ready takes as much without blocking

static int in[PORT_COUNT] = {STDIN_FILENO, -1}, out[PORT_COUNT] = {STDOUT_FILENO, -1};
static const char *program;
static bool terminals;
static host_reset last_reset;
static char numbers[PORT_COUNT][12]; // of the lines, as text: made here because a handler may not

static void require(bool success, const char *what) {
    if (success) return;
    perror(what);
    exit(1);
}

static int open_terminal(int number) {
    struct termios raw;
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    require(master >= 0 && !grantpt(master) && !unlockpt(master), "pseudo-terminal");
    const int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    require(slave >= 0 && !tcgetattr(slave, &raw), "pseudo-terminal");
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    close(slave);
    fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK);
    printf("char device redirected to %s (label serial%d)\n", ptsname(master), number);
    fflush(stdout);
    return master;
}

void lines_open(int argc, char **argv) {
    program = argv[0];
    signal(SIGPIPE, SIG_IGN);
    if (argc == 5 && strcmp(argv[1], "--again") == 0) {
        last_reset = (host_reset)(argv[2][0] - '0');
        terminals = atoi(argv[3 + PORT_BUS]) >= 0;
        for (int port = 0; terminals && port < PORT_COUNT; port++) in[port] = out[port] = atoi(argv[3 + port]);
    } else if (argc == 2 && strcmp(argv[1], "--pty") == 0) {
        for (int port = 0; port < PORT_COUNT; port++) in[port] = out[port] = open_terminal(port);
        terminals = true;
    }
    for (int port = 0; port < PORT_COUNT; port++) snprintf(numbers[port], sizeof numbers[port], "%d", in[port]);
}

const char *host_program(void) {
    return program;
}

void host_restart(host_reset cause) {
    const char digit[] = {(char)('0' + cause), 0};
    host_watchdog_stop();
    execl(program, program, "--again", digit, numbers[PORT_CONSOLE], numbers[PORT_BUS], (char *)NULL);
    require(false, program);
}

host_reset host_last_reset(void) {
    return last_reset;
}

static short poll_one(int file, short events, int milliseconds) {
    struct pollfd one = {file, events, 0};
    return poll(&one, 1, milliseconds) > 0 ? one.revents : 0;
}

static bool has_listener(port_id port) {
    return !terminals || !(poll_one(in[port], POLLIN, 0) & POLLHUP);
}

size_t line_read(port_id port, uint8_t *bytes, size_t size) {
    if (in[port] < 0 || !(poll_one(in[port], POLLIN, 0) & (POLLIN | POLLHUP))) return 0;
    const ssize_t count = read(in[port], bytes, size);
    if (count == 0 && !terminals) exit(0); // the other end of standard input has closed it
    return count > 0 ? (size_t)count : 0;
}

size_t line_write(port_id port, const uint8_t *bytes, size_t size) {
    if (out[port] < 0 || !has_listener(port)) return size; // into the air, as on a board with an open plug
    if (!(poll_one(out[port], POLLOUT, 0) & POLLOUT)) return 0;
    const ssize_t count = write(out[port], bytes, size < WRITE_AT_ONCE ? size : WRITE_AT_ONCE);
    if (count < 0 && errno == EPIPE) exit(0);
    return count > 0 ? (size_t)count : 0;
}

bool line_wait_room(port_id port, uint32_t milliseconds) {
    return out[port] < 0 || poll_one(out[port], POLLOUT, (int)milliseconds) & (POLLOUT | POLLHUP | POLLERR);
}

void lines_wait_bytes(bool console, bool bus, uint64_t ns) {
    const bool wanted[PORT_COUNT] = {console, bus};
    struct pollfd lines[PORT_COUNT];
    nfds_t count = 0;
    int milliseconds = (int)((ns + 999999) / 1000000);
    for (int port = 0; port < PORT_COUNT; port++) {
        if (!wanted[port] || in[port] < 0) continue;
        if (has_listener((port_id)port))
            lines[count++] = (struct pollfd){in[port], POLLIN, 0};
        else if (milliseconds > RECHECK_MS)
            milliseconds = RECHECK_MS; // poll() would report the missing listener at once, again and again
    }
    poll(lines, count, milliseconds);
}

uint64_t host_time(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
