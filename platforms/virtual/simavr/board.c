// An AVR board in simavr: its serial port is a pseudo-terminal. simavr_board.py compiles and starts it.
//
//     board PROGRAM.elf MCU HERTZ
//
// Time is that of the emulated clock. While the program sleeps, we sleep until as much time has passed here, so that a
// second of an idle board is a second; while it computes, it runs as fast as this computer can. A byte that finds the
// pseudo-terminal full is lost, as on a wire to which nobody listens.
#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <sim_avr.h>

#include <avr_uart.h>
#include <sim_elf.h>
#include <sim_time.h>

#define POLL_US 100 // of emulated time, between two looks at the pseudo-terminal: a byte takes 87 us at 115200 baud

static int terminal = -1;
static avr_irq_t *input;
static bool full; // the port takes no byte now
static uint8_t waiting[256];
static size_t filled, taken;

static int fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    return EXIT_FAILURE;
}

// The other end stays open here too: else nothing could be read while no host has opened it.
static const char *open_terminal(void) {
    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) || unlockpt(terminal)) return NULL;
    const char *name = ptsname(terminal);
    const int other = name ? open(name, O_RDWR | O_NOCTTY) : -1;
    struct termios raw;
    if (other < 0 || tcgetattr(other, &raw)) return NULL;
    cfmakeraw(&raw);
    if (tcsetattr(other, TCSANOW, &raw) || fcntl(terminal, F_SETFL, O_NONBLOCK)) return NULL;
    return name;
}

static void sent(avr_irq_t *irq, uint32_t value, void *param) {
    const uint8_t byte = (uint8_t)value;
    (void)irq, (void)param;
    if (write(terminal, &byte, 1) < 0 && errno != EAGAIN) exit(fail("the pseudo-terminal is gone"));
}

static void taking(avr_irq_t *irq, uint32_t value, void *param) {
    (void)irq, (void)value;
    full = param != NULL;
}

static avr_cycle_count_t look(avr_t *avr, avr_cycle_count_t when, void *param) {
    (void)param;
    if (taken == filled) {
        const ssize_t count = read(terminal, waiting, sizeof waiting);
        taken = 0;
        filled = count > 0 ? (size_t)count : 0;
    }
    if (taken < filled && !full) avr_raise_irq(input, waiting[taken++]);
    return when + avr_usec_to_cycles(avr, POLL_US);
}

static void connect(avr_t *avr) {
    uint32_t flags = 0; // no lines on our own output, no naps of its own
    avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
    input = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUTPUT), sent, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XON), taking, NULL);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_OUT_XOFF), taking, &full);
}

// In place of simavr's own nap, which after a reset lasts as long as the board ran before it.
static uint64_t began_ns; // of this computer's clock
static avr_cycle_count_t began;

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void nap(avr_t *avr, avr_cycle_count_t cycles) {
    const uint64_t due = began_ns + avr_cycles_to_nsec(avr, avr->cycle + cycles - began), now = now_ns();
    if (due <= now) return;
    const struct timespec left = {(time_t)((due - now) / 1000000000u), (long)((due - now) % 1000000000u)};
    nanosleep(&left, NULL);
}

static void (*core_reset)(avr_t *avr);
static bool restarted = true; // a reset forgets all timers

static void on_reset(avr_t *avr) {
    restarted = true;
    if (core_reset) core_reset(avr);
}

static int run(avr_t *avr) {
    if (restarted) {
        restarted = full = false;
        began_ns = now_ns();
        began = avr->cycle;
        avr_cycle_timer_register_usec(avr, POLL_US, look, NULL);
    }
    return avr_run(avr);
}

int main(int argc, char **argv) {
    elf_firmware_t program = {0};
    if (argc != 4) return fail("usage: board PROGRAM.elf MCU HERTZ");
    if (elf_read_firmware(argv[1], &program)) return fail("expected a program for an AVR, found something else");
    avr_t *avr = avr_make_mcu_by_name(argv[2]);
    if (!avr) return fail("expected a processor that simavr knows, found another");
    avr_init(avr);
    avr->log = LOG_ERROR;
    avr_load_firmware(avr, &program);
    avr->frequency = (uint32_t)strtoul(argv[3], NULL, 10);
    const char *name = open_terminal();
    if (!name) return fail("expected a pseudo-terminal, found none");
    connect(avr);
    core_reset = avr->reset;
    avr->reset = on_reset;
    avr->sleep = nap;
    printf("char device redirected to %s (label serial0)\n", name);
    fflush(stdout);
    int state = cpu_Running;
    while (state != cpu_Done && state != cpu_Crashed) state = run(avr);
    return fail(state == cpu_Crashed ? "the program crashed" : "the program stopped with interrupts off");
}
