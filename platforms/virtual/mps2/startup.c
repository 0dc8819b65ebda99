// startup.c: vector table and reset for the emulated Cortex-M boards.
#include "program.h"

extern uint32_t __stack_bottom[], __stack_top[], __data_start[], __data_end[], __bss_start[], __bss_end[];
extern const uint32_t __data_load[], __build_id[];
extern const char __flash_size[], __ram_size[], __image_size[]; // their addresses are the values
extern void (*const __init_array_start[])(void), (*const __init_array_end[])(void);

int main(void);
void reset_handler(void);
void fault_handler(void);
void nmi_handler(void);

#define STACK_PAINT 0xC5C5C5C5 // mps2_stack_used() looks for the first word that changed
#define TEXT(x)     #x
#define TEXT_OF(x)  TEXT(x)

typedef union {
    const void *stack;
    void (*handler)(void);
} vector;

// Interrupts only ever wake the board from its sleep; they stay masked, so their entries are never taken.
__attribute__((section(".vectors"), used)) static const vector vectors[16 + MPS2_IRQS] = {
    {.stack = __stack_top},
    {.handler = reset_handler},
    {.handler = nmi_handler},   // the watchdog's, which nothing masks
    {.handler = fault_handler}, // HardFault
    {.handler = fault_handler}, // MemManage
    {.handler = fault_handler}, // BusFault
    {.handler = fault_handler}, // UsageFault
    {.stack = (const void *)PROGRAM_MAGIC},
    {.stack = __image_size},
    {.stack = __build_id}, // program_head
};

#ifdef BOOT_STAGE
__asm__(".section .boot, \"a\"\n.incbin " TEXT_OF(BOOT_STAGE) "\n.previous\n");
#endif

static void protect(uint32_t region, uint32_t base, uint32_t size, uint32_t attributes) {
    const uint32_t valid = 1u << 4, cacheable = 1u << 17, enable = 1;
    MPU_BASE = base | valid | region;
    MPU_ATTRIBUTES = attributes | cacheable | (30u - (uint32_t)__builtin_clz(size)) << 1 | enable; // a power of two
}

// Flash is read-only, RAM does not execute and there is nothing around them, as on real boards; QEMU alone would let
// all of it pass. This also makes a fault of a stack overflow. Arm DDI 0403, B3.5; a higher region wins.
static void protect_memory(void) {
    const uint32_t none = 0, full = 3u << 24, read_only = 6u << 24, execute_never = 1u << 28, half_gigabyte = 1u << 29;
    protect(0, 0x00000000u, half_gigabyte, none | execute_never);
    protect(1, 0x20000000u, half_gigabyte, none | execute_never);
    protect(2, 0x00000000u, (uint32_t)__flash_size, read_only);
    protect(3, 0x20000000u, (uint32_t)__ram_size, full | execute_never);
    protect(4, (uint32_t)MPS2_PSRAM, MPS2_PSRAM_SIZE, read_only | execute_never); // of the sensor bus
    protect(5, MPS2_FLASH_PART, MPS2_FLASH_SIZE, full | execute_never);
    protect(6, MPS2_STORE, MPS2_STORE_SIZE, full | execute_never);
    MPU_CONTROL = 1u | 1u << 2; // enabled; everything else keeps the default map
    __asm volatile("dsb\nisb");
}

static void enable_faults(void) {
    SCB_SHCSR |= 7u << 16; // MemManage, BusFault and UsageFault have their own exceptions
    SCB_CCR |= 1u << 4;    // division by zero is a fault
}

__attribute__((naked, noreturn)) void reset_handler(void) {
    __asm volatile("cpsid i\n"
                   "ldr r0, =__stack_top\n"
                   "mov sp, r0\n"
                   "ldr r1, =__stack_bottom\n"
                   "ldr r2, =" TEXT_OF(STACK_PAINT) "\n"
                                                    "1: cmp r1, r0\n"
                                                    "itt lo\n"
                                                    "strlo r2, [r1], #4\n"
                                                    "blo 1b\n"
                                                    "b start\n");
}

__attribute__((used, noreturn)) static void start(void) {
#ifdef __ARM_FP
    SCB_CPACR |= 0xFu << 20;
    __asm volatile("dsb\nisb");
#endif
    const uint32_t *from = __data_load;
    for (uint32_t *to = __data_start; to < __data_end;) *to++ = *from++;
    for (uint32_t *to = __bss_start; to < __bss_end;) *to++ = 0;
    enable_faults();
    protect_memory();
    for (void (*const *constructor)(void) = __init_array_start; constructor < __init_array_end;) (*constructor++)();
    main();
    for (;;) __asm volatile("wfi");
}

uint32_t mps2_stack_size(void) {
    return (uint32_t)((const char *)__stack_top - (const char *)__stack_bottom);
}

uint32_t mps2_stack_used(void) {
    const uint32_t *word = __stack_bottom;
    while (word < __stack_top && *word == STACK_PAINT) word++;
    return (uint32_t)((const char *)__stack_top - (const char *)word);
}
