// mps2_board.c: clock and ports of the boards that QEMU emulates.
//
// With `-icount shift=6` an instruction takes 64 ns of QEMU's virtual time. Timer 0 counts that time in ticks of
// 40 ns and is started afresh after every wait, so that its ticks lie on the grid of instructions: the number of
// instructions is then exact, whatever the host does. DWT CYCCNT reads 0 in QEMU, and semihosting tells host time.
#include "../virtual/virtual.h"

#ifdef BOARD_MPS2

#include "board/board.h"
#include "mps2.h"

#define NS_PER_INSTRUCTION 64u
#define LONGEST      0xFFFFFFFFu // ticks the timer runs for, 171 s: more of them without a call into the board are lost
#define TICKS_PER_MS (1000000u / MPS2_TICK_NS)
#define LONGEST_SLEEP_NS 1000000000u
#define RESTART_MAGIC    0x52535452u
#define UART_CLOCK_HZ    (1000000000u / MPS2_TICK_NS)
#ifndef BOARD_BAUD
#define BOARD_BAUD 115200 // told to QEMU, which is as fast as its host anyway
#endif

static uint64_t instructions; // up to when the timer was last started
static uint32_t stops;        // of the clock, one inside the other
static board_reset_cause last_reset;
static bool unread; // a byte on the console that the application has left there
__attribute__((section(".noinit"))) static uint32_t restart_asked;

static mps2_uart *const uarts[PORT_COUNT] = {[PORT_CONSOLE] = MPS2_UART0, [PORT_BUS] = MPS2_UART1};

static uint64_t elapsed(void) {
    const uint64_t ticks = LONGEST - MPS2_TIMER0->value;
    return (ticks * 5 + 7) / 8;
}

void clock_stop(void) {
    if (stops++) return;
    instructions += elapsed();
    mps2_watchdog_hold();
}

void clock_run(void) {
    if (stops && --stops) return;
    mps2_watchdog_resume();
    MPS2_TIMER0->value = LONGEST;
}

static uint64_t clock_instructions(void) {
    return stops ? instructions : instructions + elapsed();
}

uint64_t clock_now(void) {
    return clock_instructions() * NS_PER_INSTRUCTION;
}

void clock_skip_to(uint64_t time) {
    clock_stop();
    const uint64_t target = (time + NS_PER_INSTRUCTION - 1) / NS_PER_INSTRUCTION;
    if (target > instructions) instructions = target;
    clock_run();
}

static bool has_byte(port_id port) {
    return uarts[port]->state & UART_RX_FULL;
}
static bool has_room(port_id port) {
    return !(uarts[port]->state & UART_TX_FULL);
}

// A byte keeps the board awake once: an application that does not read its console may sleep all the same.
static bool has_news(port_id port) {
    const bool waiting = has_byte(PORT_CONSOLE), seen = unread;
    (void)port;
    unread = waiting;
    return (waiting && !seen) || has_byte(PORT_BUS);
}

// Sleeps until `awake`, at most for `ticks`. Interrupts stay masked: they end the sleep but are never taken.
static bool wait_for(bool (*awake)(port_id), port_id port, uint32_t ticks) {
    MPS2_TIMER1->control = 0;
    MPS2_TIMER1->reload = 0;
    MPS2_TIMER1->value = ticks;
    MPS2_TIMER1->interrupt = 1;
    MPS2_TIMER1->control = TIMER_ENABLE | TIMER_IRQ;
    for (;;) {
        MPS2_UART0->interrupt = UART_RX_PENDING;
        MPS2_UART1->interrupt = UART_RX_PENDING;
        NVIC_CLEAR_PENDING = ~0u;
        if (awake(port)) return true; // asked after the clearing: what comes later ends the sleep at once
        if (MPS2_TIMER1->interrupt) return false;
        __asm volatile("wfi");
    }
}

void clock_sleep_until(uint64_t time) {
    const uint64_t now = clock_now();
    if (time <= now) return;
    const uint32_t ns = time - now < LONGEST_SLEEP_NS ? (uint32_t)(time - now) : LONGEST_SLEEP_NS;
    mps2_watchdog_hold(); // it counts what the board does: asleep, QEMU's time is the host's
    wait_for(has_news, PORT_BUS, ns / MPS2_TICK_NS + 1);
    clock_stop();
    clock_run();
}

bool port_wait_byte(port_id port, uint32_t milliseconds) {
    return wait_for(has_byte, port, milliseconds * TICKS_PER_MS + 1);
}

bool port_wait_room(port_id port, uint32_t milliseconds) { // no interrupt tells of room
    while (!has_room(port) && milliseconds-- > 0) wait_for(has_room, port, TICKS_PER_MS);
    return has_room(port);
}

bool port_get(port_id port, uint8_t *byte) {
    if (!has_byte(port)) return false;
    *byte = (uint8_t)uarts[port]->data;
    if (port == PORT_CONSOLE) unread = false;
    return true;
}

size_t port_put(port_id port, const uint8_t *bytes, size_t size) {
    size_t count = 0;
    while (count < size && has_room(port)) uarts[port]->data = bytes[count++];
    return count;
}

const uint8_t *shared_memory(uint32_t *size) { // QEMU is told to keep it in a file, platforms/virtual
    *size = MPS2_PSRAM_SIZE - MPS2_FLASH_SIZE;
    return MPS2_PSRAM;
}

bool restarted(void) {
    const bool asked = restart_asked == RESTART_MAGIC;
    restart_asked = 0;
    return asked;
}

void restart(void) {
    restart_asked = RESTART_MAGIC;
    board_reset();
}

void board_reset(void) {
    mps2_note_reset(MPS2_RESET_SOFTWARE);
    SCB_AIRCR = AIRCR_RESET;
    for (;;) __asm volatile("wfi");
}

static board_reset_cause cause_of(mps2_reset reset) {
    static const board_reset_cause causes[] = {
        [MPS2_RESET_POWER] = BOARD_RESET_POWER,       [MPS2_RESET_OUTSIDE] = BOARD_RESET_PIN,
        [MPS2_RESET_SOFTWARE] = BOARD_RESET_SOFTWARE, [MPS2_RESET_WATCHDOG] = BOARD_RESET_WATCHDOG,
        [MPS2_RESET_FAULT] = BOARD_RESET_FAULT,
    };
    return causes[reset];
}

board_reset_cause board_reset_reason(void) {
    return last_reset;
}
bool board_watchdog_start(uint32_t ms) {
    return mps2_watchdog_start(ms);
}
void board_watchdog_feed(void) {
    mps2_watchdog_feed();
}

void board_mark(bool high) {
    MPS2_LEDS = high;
}

void board_init(void) {
    last_reset = cause_of(mps2_last_reset());
    for (int port = 0; port < PORT_COUNT; port++) {
        uarts[port]->divider = UART_CLOCK_HZ / BOARD_BAUD; // 16 at least
        uarts[port]->control = UART_TX_ENABLE | UART_RX_ENABLE | UART_RX_IRQ;
    }
    NVIC_ENABLE = 1u << MPS2_IRQ_UART0_RX | 1u << MPS2_IRQ_UART1_RX | 1u << MPS2_IRQ_TIMER1;
    MPS2_TIMER0->reload = LONGEST;
    MPS2_TIMER0->control = TIMER_ENABLE;
    instructions = 0;
    clock_run();
    sensors_init();
    bus_init();
}

uint32_t board_cycles(void) {
    return (uint32_t)clock_instructions();
}
uint32_t board_cycles_hz(void) {
    return 1000000000u / NS_PER_INSTRUCTION;
}
uint32_t board_stack_used(void) {
    return mps2_stack_used();
}
uint32_t board_stack_size(void) {
    return mps2_stack_size();
}

int main(void) {
    board_init();
    setup();
    for (;;) loop();
}

#endif
