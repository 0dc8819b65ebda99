// mps2.h: the registers of the MPS2 FPGA images that QEMU emulates (Arm application notes AN385 and AN386).
#ifndef MPS2_H
#define MPS2_H

#include <stdbool.h>
#include <stdint.h>

typedef struct { // CMSDK APB UART, Arm DDI 0479
    volatile uint32_t data, state, control, interrupt, divider;
} mps2_uart;
enum { UART_TX_FULL = 1 << 0, UART_RX_FULL = 1 << 1 };                           // state
enum { UART_TX_ENABLE = 1 << 0, UART_RX_ENABLE = 1 << 1, UART_RX_IRQ = 1 << 3 }; // control
enum { UART_RX_PENDING = 1 << 1 };                                               // interrupt, write one to clear

typedef struct { // CMSDK APB timer: counts down at 25 MHz from `value`, then from `reload`
    volatile uint32_t control, value, reload, interrupt;
} mps2_timer;
enum { TIMER_ENABLE = 1 << 0, TIMER_IRQ = 1 << 3 }; // control

typedef struct { // CMSDK APB watchdog, Arm DDI 0479: counts down at 25 MHz from `load`; the first time-out is an NMI
    volatile uint32_t load, value, control, clear;
} mps2_watchdog;
enum { WATCHDOG_INTERRUPT = 1 << 0, WATCHDOG_RESET = 1 << 1 }; // control

#define MPS2_TIMER0   ((mps2_timer *)0x40000000u)
#define MPS2_TIMER1   ((mps2_timer *)0x40001000u)
#define MPS2_UART0    ((mps2_uart *)0x40004000u)
#define MPS2_UART1    ((mps2_uart *)0x40005000u)
#define MPS2_WATCHDOG ((mps2_watchdog *)0x40008000u)
#define MPS2_LEDS     (*(volatile uint32_t *)0x40028000u) // bit 0 is LED0
#define MPS2_TICK_NS  40u                                 // of the timers: the boards' 25 MHz clock

#define MPS2_PSRAM       ((const uint8_t *)0x21000000u) // the host may see it too, docs/sensor_bus.md
#define MPS2_PSRAM_SIZE  0x01000000u
#define MPS2_FLASH_SIZE  0x00100000u // the end of it, which board_flash_* write: emulator_control.py keeps it
#define MPS2_FLASH_PART  ((uintptr_t)MPS2_PSRAM + MPS2_PSRAM_SIZE - MPS2_FLASH_SIZE)
#define MPS2_STORE_SIZE  0x00008000u // before it, of board_store_*: it is empty when the emulator starts
#define MPS2_STORE       (MPS2_FLASH_PART - 2 * MPS2_STORE_SIZE)
#define MPS2_MODELS_SIZE 0x00080000u // of the flash part, its beginning; behind it lies firmware from the field

#define MPS2_BOOT_SIZE 0x00004000u // the boot stage, in front of a firmware that is built for one: boot_stage.py

enum { MPS2_IRQ_UART0_RX = 0, MPS2_IRQ_UART1_RX = 2, MPS2_IRQ_TIMER1 = 9, MPS2_IRQS = 32 };

// System control space, Armv7-M architecture reference manual (Arm DDI 0403), B3.2.
#define SCS_REGISTER(address) (*(volatile uint32_t *)(address))
#define NVIC_ENABLE           SCS_REGISTER(0xE000E100u)
#define NVIC_DISABLE          SCS_REGISTER(0xE000E180u)
#define NVIC_CLEAR_PENDING    SCS_REGISTER(0xE000E280u)
#define SCB_VTOR              SCS_REGISTER(0xE000ED08u)
#define SCB_AIRCR             SCS_REGISTER(0xE000ED0Cu)
#define SCB_CCR               SCS_REGISTER(0xE000ED14u)
#define SCB_SHCSR             SCS_REGISTER(0xE000ED24u)
#define SCB_CFSR              SCS_REGISTER(0xE000ED28u)
#define SCB_HFSR              SCS_REGISTER(0xE000ED2Cu)
#define SCB_MMFAR             SCS_REGISTER(0xE000ED34u)
#define SCB_BFAR              SCS_REGISTER(0xE000ED38u)
#define SCB_CPACR             SCS_REGISTER(0xE000ED88u)
#define MPU_CONTROL           SCS_REGISTER(0xE000ED94u)
#define MPU_BASE              SCS_REGISTER(0xE000ED9Cu)
#define MPU_ATTRIBUTES        SCS_REGISTER(0xE000EDA0u)
#define AIRCR_RESET           0x05FA0004u

uint32_t mps2_stack_size(void);
uint32_t mps2_stack_used(void); // deepest since reset, bytes

// recovery.c. What led to the last reset; asked once, at the start.
typedef enum {
    MPS2_RUNNING,
    MPS2_RESET_POWER,
    MPS2_RESET_OUTSIDE,
    MPS2_RESET_SOFTWARE,
    MPS2_RESET_WATCHDOG,
    MPS2_RESET_FAULT
} mps2_reset;
void mps2_note_reset(mps2_reset cause);
mps2_reset mps2_last_reset(void);

// The watchdog: false where it cannot count so long. Held, it stands still.
bool mps2_watchdog_start(uint32_t ms);
void mps2_watchdog_feed(void);
void mps2_watchdog_hold(void);
void mps2_watchdog_resume(void);
bool mps2_watchdog_takes_over(void); // resets the board in two seconds, whatever happens; false: it was never started

#endif
