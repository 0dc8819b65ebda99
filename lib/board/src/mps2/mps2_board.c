// mps2_board.c: clock, console and sensor bus of the boards that QEMU emulates.
//
// With `-icount shift=6` an instruction takes 64 ns of QEMU's virtual time. Timer 0 counts that time in ticks of
// 40 ns and is started afresh after every wait, so that its ticks lie on the grid of instructions: the number of
// instructions is then exact, whatever the host does. DWT CYCCNT reads 0 in QEMU, and semihosting tells host time.
#include "../virtual/virtual.h"

#ifdef BOARD_MPS2

#include "board/board.h"
#include "mps2.h"

#define NS_PER_INSTRUCTION 64u
#define LONGEST            0xFFFFFFFFu // ticks the timer runs for, 171 s: longer without a call loses time
#define LONGEST_SLEEP_NS   1000000000u
#define STALLED_MS         1000 // a listener that takes nothing this long is treated as absent
#define RESTART_MAGIC      0x52535452u

static uint64_t instructions; // up to when the timer was last started
static bool stopped, stalled; // the clock; the console's listener
static bool unread;           // a byte on the console that the application has left there
__attribute__((section(".noinit"))) static uint32_t restart_asked;

static uint64_t elapsed(void) {
    const uint64_t ticks = LONGEST - MPS2_TIMER0->value;
    return (ticks * 5 + 7) / 8;
}

void clock_stop(void) {
    if (stopped) return;
    instructions += elapsed();
    stopped = true;
}

void clock_run(void) {
    stopped = false;
    MPS2_TIMER0->value = LONGEST;
}

static uint64_t clock_instructions(void) {
    return stopped ? instructions : instructions + elapsed();
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

// Sleeps for `ns`, or until a byte comes in. Interrupts stay masked: they end the sleep but are never taken.
static void wait_for_interrupt(uint32_t ns, bool (*awake)(void)) {
    MPS2_TIMER1->control = 0;
    MPS2_TIMER1->reload = 0;
    MPS2_TIMER1->value = ns / MPS2_TICK_NS + 1;
    MPS2_TIMER1->interrupt = 1;
    MPS2_UART0->interrupt = UART_RX_PENDING;
    MPS2_UART1->interrupt = UART_RX_PENDING;
    NVIC_CLEAR_PENDING = ~0u;
    MPS2_TIMER1->control = TIMER_ENABLE | TIMER_IRQ;
    if (!awake()) __asm volatile("wfi");
}

// A byte keeps the board awake once; an application that does not read its console may sleep all the same.
static bool console_or_bus(void) {
    const bool waiting = MPS2_UART0->state & UART_RX_FULL;
    const bool fresh = waiting && !unread;
    unread = waiting;
    return fresh || MPS2_UART1->state & UART_RX_FULL;
}

static bool bus_only(void) {
    return MPS2_UART1->state & UART_RX_FULL;
}

static bool bus_has_room(void) {
    return !(MPS2_UART1->state & UART_TX_FULL);
}
static bool console_has_room(void) {
    return !(MPS2_UART0->state & UART_TX_FULL);
}

void clock_sleep_until(uint64_t time) {
    const uint64_t now = clock_now();
    if (time <= now) return;
    wait_for_interrupt(time - now < LONGEST_SLEEP_NS ? (uint32_t)(time - now) : LONGEST_SLEEP_NS, console_or_bus);
    clock_stop();
    clock_run();
}

bool bus_get(uint8_t *byte) {
    if (!(MPS2_UART1->state & UART_RX_FULL)) return false;
    *byte = (uint8_t)MPS2_UART1->data;
    return true;
}

bool bus_wait(uint32_t milliseconds) {
    for (uint32_t waited = 0; waited < milliseconds; waited += 10) {
        wait_for_interrupt(10000000, bus_only);
        if (bus_only()) return true;
    }
    return false;
}

// With the clock stopped. False when the listener takes nothing for too long.
static bool wait_for_room(const mps2_uart *uart, bool (*has_room)(void)) {
    for (int waited = 0; uart->state & UART_TX_FULL && waited < STALLED_MS; waited++)
        wait_for_interrupt(1000000, has_room);
    return !(uart->state & UART_TX_FULL);
}

void bus_put(uint8_t byte) {
    if (wait_for_room(MPS2_UART1, bus_has_room)) MPS2_UART1->data = byte;
}

bool bus_restarted(void) {
    const bool asked = restart_asked == RESTART_MAGIC;
    restart_asked = 0;
    return asked;
}

void bus_restart(void) {
    restart_asked = RESTART_MAGIC;
    board_reset();
}

void board_init(void) {
    MPS2_UART0->divider = MPS2_UART1->divider = 16; // QEMU takes no notice beyond "at least 16"
    MPS2_UART0->control = MPS2_UART1->control = UART_TX_ENABLE | UART_RX_ENABLE | UART_RX_IRQ;
    NVIC_ENABLE = 1u << MPS2_IRQ_UART0_RX | 1u << MPS2_IRQ_UART1_RX | 1u << MPS2_IRQ_TIMER1;
    MPS2_TIMER0->reload = LONGEST;
    MPS2_TIMER0->control = TIMER_ENABLE;
    instructions = 0;
    clock_run();
    sensors_init();
    bus_init();
}

const char *board_name(void) {
    return BOARD_NAME;
}
uint32_t board_micros(void) {
    return (uint32_t)(clock_now() / 1000);
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

void board_reset(void) {
    SCB_AIRCR = AIRCR_RESET;
    for (;;) __asm volatile("wfi");
}

size_t board_console_read(uint8_t *bytes, size_t size) {
    size_t count = 0;
    while (count < size && MPS2_UART0->state & UART_RX_FULL) bytes[count++] = (uint8_t)MPS2_UART0->data;
    return count;
}

// The clock stands still meanwhile: to the board it takes no time, however long QEMU's listener needs.
size_t board_console_write(const uint8_t *bytes, size_t size) {
    size_t count = 0;
    clock_stop();
    for (; count < size; count++) {
        if (stalled ? MPS2_UART0->state & UART_TX_FULL : !wait_for_room(MPS2_UART0, console_has_room)) break;
        MPS2_UART0->data = bytes[count];
    }
    stalled = count < size;
    clock_run();
    return count;
}

size_t board_console_room(void) {
    return stalled && MPS2_UART0->state & UART_TX_FULL ? 0 : SIZE_MAX;
}

int main(void) {
    board_init();
    setup();
    for (;;) loop();
}

#endif
