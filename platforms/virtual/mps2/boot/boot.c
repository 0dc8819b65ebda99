// boot.c: the first program after a reset. It starts the firmware that was given in the field, or the one that was
// flashed, and ends a trial that a reset interrupted. It is linked by itself (builder/boot_stage.py), lies in front of
// each firmware that is built for it, and uses the end of RAM, of which a firmware keeps nothing over a reset.
#include "mps2.h"
#include "program.h"
#include "update/start.h"

extern uint32_t __stack_top[], __bss_start[], __bss_end[];

void start(void);

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {__stack_top, (const void *)start};

static void say(const char *text) {
    MPS2_UART0->divider = 217; // 115,200 baud
    MPS2_UART0->control = UART_TX_ENABLE;
    for (; *text; text++) {
        while (MPS2_UART0->state & UART_TX_FULL) {
        }
        MPS2_UART0->data = (uint8_t)*text;
    }
}

static void run(const program_head *program) {
    SCB_VTOR = (uint32_t)program;
    __asm volatile("msr msp, %0\n"
                   "bx %1\n" ::"r"(program->stack),
                   "r"(program->reset));
}

static void copy(const uint8_t *image, uint32_t size) {
    const uint32_t *from = (const uint32_t *)(const void *)image;
    for (uint32_t *to = (uint32_t *)PROGRAM_PLACE, *end = to + (size + 3) / 4; to < end;) *to++ = *from++;
}

static bool is_right(const uint8_t *image, uint32_t size) {
    return is_program((const program_head *)(const void *)image, size);
}

// A firmware on trial that hangs before it has a watchdog of its own is reset, and the trial is over.
static void watch(void) {
    enum { TICKS = 5 * 25000000 }; // 5 s to the first time-out, 10 to the reset
    MPS2_WATCHDOG->load = TICKS;
    MPS2_WATCHDOG->control = WATCHDOG_INTERRUPT | WATCHDOG_RESET;
}

__attribute__((used)) void boot(void) {
    static update u;
    for (uint32_t *word = __bss_start; word < __bss_end;) *word++ = 0;
    const program_head *const program = (const program_head *)PROGRAM_PLACE; // the flashed one, until another is copied
    const bool flashed = is_program(program, PROGRAM_ROOM);
    const update_config config = {.start = MPS2_MODELS_SIZE, .owner = flashed ? program->id[PROGRAM_ID_WORD] : 0};
    uint32_t size;
    const uint8_t *image = update_start(&u, &config, &size, is_right);
    if (image) copy(image, size);
    if (image && u.state.phase == UPDATE_TRIAL) watch();
    if (image || flashed) run(program);
    for (;;) {
        say("BOOT: no firmware that passes its check; flash one\r\n");
        for (uint32_t wait = 0; wait < 5000000; wait++) __asm volatile("");
    }
}

__attribute__((naked, noreturn)) void start(void) {
    __asm volatile("cpsid i\n"
                   "b boot\n");
}
