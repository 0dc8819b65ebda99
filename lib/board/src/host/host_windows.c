// host_windows.c: standard input and output only; there are no pseudo-terminals, hence no sensor bus and no upload.
#if defined(BOARD_HOST) && defined(_WIN32)

#include "board/board.h"
#include "host.h"

#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

static HANDLE in, out;
static char *program;
static host_reset last_reset;

void lines_open(int argc, char **argv) {
    program = argv[0];
    if (argc == 3) last_reset = (host_reset)(argv[2][0] - '0');
    _setmode(_fileno(stdin), _O_BINARY);
    _setmode(_fileno(stdout), _O_BINARY);
    in = GetStdHandle(STD_INPUT_HANDLE);
    out = GetStdHandle(STD_OUTPUT_HANDLE);
}

const char *host_program(void) {
    return program;
}

static DWORD waiting(void) {
    DWORD count = 0;
    if (GetFileType(in) == FILE_TYPE_PIPE) {
        if (!PeekNamedPipe(in, NULL, 0, NULL, &count, NULL)) exit(0); // the other end has closed the pipe
        return count;
    }
    return WaitForSingleObject(in, 0) == WAIT_OBJECT_0; // a console: a key
}

size_t line_read(port_id port, uint8_t *bytes, size_t size) {
    DWORD count = port == PORT_CONSOLE ? waiting() : 0;
    if (count > size) count = (DWORD)size;
    return count && ReadFile(in, bytes, count, &count, NULL) ? count : 0;
}

size_t line_write(port_id port, const uint8_t *bytes, size_t size) {
    DWORD count = 0;
    if (port != PORT_CONSOLE) return size;
    if (!WriteFile(out, bytes, (DWORD)size, &count, NULL)) exit(0);
    return count;
}

bool line_wait_room(port_id port, uint32_t milliseconds) {
    (void)port;
    (void)milliseconds;
    return true;
}

void lines_wait_bytes(bool console, bool bus, uint64_t ns) {
    const uint64_t end = host_time() + ns;
    (void)bus;
    while (host_time() < end && !(console && waiting())) Sleep(1);
}

uint64_t host_time(void) {
    LARGE_INTEGER now, rate;
    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&rate);
    return (uint64_t)(now.QuadPart / rate.QuadPart * 1000000000 +
                      now.QuadPart % rate.QuadPart * 1000000000 / rate.QuadPart);
}

void host_restart(host_reset cause) {
    const char digit[] = {(char)('0' + cause), 0};
    _execl(program, program, "--again", digit, (char *)NULL);
    exit(1);
}

host_reset host_last_reset(void) {
    return last_reset;
}

bool board_watchdog_start(uint32_t ms) { // there is no timer that interrupts a program here
    (void)ms;
    return false;
}

void board_watchdog_feed(void) {}

#endif
