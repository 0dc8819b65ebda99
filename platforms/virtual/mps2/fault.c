// fault.c: one line on the console that says what went wrong and where, then the board stops.
//
// Where the watchdog runs, it resets the board two seconds later. Where it does not (yet), the board stays stopped: one
// that faults at start-up would otherwise loop, and the line would scroll away. The line is repeated every second,
// because a console opened later would have missed it. A new upload, or a reset from outside, starts the board again.
#include <stdbool.h>
#include <stddef.h>

#include "mps2.h"

extern uint32_t __stack_bottom[], __stack_top[];

void fault_handler(void);

enum { R_LR = 5, R_PC = 6, R_COUNT = 8 }; // what the processor stacks: r0-r3, r12, lr, pc, xpsr

typedef struct {
    uint32_t bit;
    const char *kind, *cause;
} fault_cause;

static const fault_cause causes[] = {
    // Arm DDI 0403, B3.2.15, in the order in which they explain each other
    {1u << 4, "MemManage", "stack overflow"},
    {1u << 12, "BusFault", "stack overflow"},
    {1u << 0, "MemManage", "execution where nothing may run"},
    {1u << 1, "MemManage", "access outside memory, or write to flash"},
    {1u << 3, "MemManage", "unstacking"},
    {1u << 5, "MemManage", "floating-point state"},
    {1u << 8, "BusFault", "instruction fetch where there is no memory"},
    {1u << 9, "BusFault", "access where there is no memory"},
    {1u << 10, "BusFault", "imprecise access where there is no memory"},
    {1u << 11, "BusFault", "unstacking"},
    {1u << 13, "BusFault", "floating-point state"},
    {1u << 16, "UsageFault", "undefined instruction"},
    {1u << 17, "UsageFault", "jump to an address without the Thumb bit"},
    {1u << 18, "UsageFault", "wrong exception return"},
    {1u << 19, "UsageFault", "no coprocessor"},
    {1u << 24, "UsageFault", "unaligned access"},
    {1u << 25, "UsageFault", "division by zero"},
    {0, "HardFault", "unknown cause"},
};

static uint32_t report_stack[64] __attribute__((used, aligned(8))); // the board's own may be what broke
static uint32_t stopped_stack[64] __attribute__((aligned(8)));
static char line[160];
static size_t length;

static void put_text(const char *text) {
    while (*text && length < sizeof line - 1) line[length++] = *text++;
}

static void put_word(const char *name, bool known, uint32_t value) {
    char digits[] = "0x00000000";
    for (int i = 0; i < 8; i++) digits[9 - i] = "0123456789abcdef"[value >> (4 * i) & 15];
    put_text(name);
    put_text(known ? digits : "?");
}

static void describe(const uint32_t *frame, bool recovers) {
    const uint32_t cfsr = SCB_CFSR, memory_known = 1u << 7, bus_known = 1u << 15;
    const bool stacked = frame >= __stack_bottom && frame + R_COUNT <= __stack_top;
    const fault_cause *cause = causes;
    while (cause->bit && !(cfsr & cause->bit)) cause++;
    put_text("\r\nFAULT ");
    put_text(cause->kind);
    put_text(": ");
    put_text(stacked ? cause->cause : "stack overflow");
    put_word("; pc ", stacked, stacked ? frame[R_PC] : 0);
    put_word(" lr ", stacked, stacked ? frame[R_LR] : 0);
    put_word(" cfsr ", true, cfsr);
    put_word(" address ", cfsr & (memory_known | bus_known), cfsr & bus_known ? SCB_BFAR : SCB_MMFAR);
    put_text(recovers ? "; board resets\r\n" : "; board stopped\r\n");
}

// In thread mode, because no interrupt wakes a sleeping fault handler.
static void stopped(void) {
    MPS2_TIMER1->control = 0;
    MPS2_TIMER1->reload = 1000000000u / MPS2_TICK_NS;
    MPS2_TIMER1->control = TIMER_ENABLE | TIMER_IRQ;
    NVIC_DISABLE = ~0u; // a byte that nobody reads would end each sleep at once
    NVIC_ENABLE = 1u << MPS2_IRQ_TIMER1;
    for (;;) {
        for (size_t i = 0; i < length; i++) {
            while (MPS2_UART0->state & UART_TX_FULL) {
            }
            MPS2_UART0->data = (uint8_t)line[i];
        }
        do __asm volatile("wfi");
        while (!MPS2_TIMER1->interrupt);
        MPS2_TIMER1->interrupt = 1;
        NVIC_CLEAR_PENDING = ~0u;
    }
}

__attribute__((used, noreturn)) static void report(const uint32_t *frame) {
    uint32_t *const last = stopped_stack + sizeof stopped_stack / sizeof *stopped_stack - R_COUNT;
    mps2_note_reset(MPS2_RESET_FAULT);
    describe(frame, mps2_watchdog_takes_over());
    SCB_CFSR = ~0u;
    last[R_PC] = (uint32_t)stopped & ~1u;
    last[R_COUNT - 1] = 1u << 24; // xPSR: Thumb
    __asm volatile("msr msp, %0\n"
                   "mvn lr, #6\n" // return to thread mode, main stack, no floating-point state
                   "bx lr" ::"r"(last));
    __builtin_unreachable();
}

__attribute__((naked)) void fault_handler(void) {
    __asm volatile("cpsid i\n"
                   "mrs r0, msp\n"
                   "ldr r1, =report_stack + 256\n"
                   "mov sp, r1\n"
                   "b report\n");
}
