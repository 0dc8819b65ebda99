// host_recovery.c: the host board's watchdog and its faults: both start the program again, as a reset does. The
// watchdog counts the processor time that the program takes, so that neither a busy computer nor waiting for a host
// trips it.
#if defined(BOARD_HOST) && !defined(_WIN32)

#define _GNU_SOURCE // sigaltstack, SA_ONSTACK
#define _DARWIN_C_SOURCE

#include "host.h"

#include "board/board.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

enum { TICKS = 4, TELL_FAULTS_MS = 1000, STACK_SIZE = 1 << 16 };

static volatile sig_atomic_t fed;
static char handlers_stack[STACK_SIZE]; // the program's own may be what broke

static void every(uint32_t ms) {
    const struct timeval period = {ms / 1000, (suseconds_t)(ms % 1000 * 1000)};
    const struct itimerval timer = {period, period};
    setitimer(ITIMER_PROF, &timer, NULL);
}

void host_watchdog_stop(void) { // it would outlive the program
    every(0);
}

static void tick(int signal) {
    static int unfed;
    (void)signal;
    unfed = fed ? 0 : unfed + 1;
    fed = 0;
    if (unfed >= TICKS) host_restart(HOST_RESET_WATCHDOG);
}

static const char *cause_of(int signal) {
    if (signal == SIGILL) return "undefined instruction or trap";
    if (signal == SIGFPE) return "division by zero";
    if (signal == SIGABRT) return "abort";
    return "access outside memory, or stack overflow";
}

static void put(const char *text) {
    line_write(PORT_CONSOLE, (const uint8_t *)text, strlen(text));
}

static void fault(int signal) {
    put("\r\nFAULT ");
    put(cause_of(signal));
    put("; board resets\r\n");
    poll(NULL, 0, TELL_FAULTS_MS); // one that faults at start-up shall not run wild
    host_restart(HOST_RESET_FAULT);
}

static void handle(int signal, void (*handler)(int), int flags) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags | SA_NODEFER; // the program that comes next would not hear of it again
    sigaction(signal, &action, NULL);
}

bool board_watchdog_start(uint32_t ms) {
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
    const stack_t stack = {.ss_sp = handlers_stack, .ss_size = sizeof handlers_stack};
    sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) handle(faults[i], fault, SA_ONSTACK);
    handle(SIGPROF, tick, SA_RESTART);
    every(ms < TICKS ? 1 : ms / TICKS);
    return true;
}

void board_watchdog_feed(void) {
    fed = 1;
}

#endif
