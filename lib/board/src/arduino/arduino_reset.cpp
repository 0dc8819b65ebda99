// arduino_reset.cpp: reset, why the last one came, and the watchdog: by the registers of the processor's manual where
// its Arduino core has no function for it. Brown-out detectors are on from reset on all of these.
#if defined(ARDUINO) && !defined(__AVR__) // which has a board of its own: avr_board.c

#include <Arduino.h>

#include "board/board.h"

// AT_...: the cores' headers have names of their own for the registers.
static inline volatile uint32_t &reg(uintptr_t address) {
    return *(volatile uint32_t *)address;
}

#if defined(ARDUINO_ARCH_ESP32) // ESP-IDF 4.4, "Miscellaneous System APIs", "Watchdogs"
#include <esp_system.h>
#include <esp_task_wdt.h>

static bool watched;

static board_reset_cause find_cause() {
    switch (esp_reset_reason()) {
    case ESP_RST_POWERON:
        return BOARD_RESET_POWER; // the pin too: EN switches the chip off
    case ESP_RST_EXT:
        return BOARD_RESET_PIN;
    case ESP_RST_SW:
        return BOARD_RESET_SOFTWARE;
    case ESP_RST_PANIC:
        return BOARD_RESET_FAULT;
    case ESP_RST_INT_WDT:
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT:
        return BOARD_RESET_WATCHDOG;
    case ESP_RST_BROWNOUT:
        return BOARD_RESET_BROWNOUT;
    default:
        return BOARD_RESET_UNKNOWN;
    }
}

void board_reset(void) {
    esp_restart();
    for (;;) {
    }
}

// The watchdog of tasks counts whole seconds; it watches the one that runs loop(), which calls this.
bool board_watchdog_start(uint32_t ms) {
    const uint32_t seconds = ms / 1000 + (ms % 1000 != 0);
    if (!watched) watched = esp_task_wdt_init(seconds, true) == ESP_OK && esp_task_wdt_add(NULL) == ESP_OK;
    return watched;
}

void board_watchdog_feed(void) {
    if (watched) esp_task_wdt_reset();
}

#elif defined(ARDUINO_ARCH_STM32) // RM0351, register RCC_CSR; the watchdog and the backup registers by the core
#include <IWatchdog.h>
#include <backup.h>

static const uint32_t KEPT = 0x5448494D, FAULTED = 0x4641554C;

extern "C" void HardFault_Handler(void) { // the core's waits for ever
    setBackupRegister(LL_RTC_BKP_DR31, FAULTED);
    board_reset();
}

// Power-on sets the flag of the brown-out reset too. The backup registers live on the same supply, down to a lower
// voltage: what they kept tells that the supply only dipped.
static board_reset_cause find_cause() {
    const uint32_t flags = RCC->CSR;
    RCC->CSR |= RCC_CSR_RMVF; // else they pile up
    enableBackupDomain();
    const uint32_t left = getBackupRegister(LL_RTC_BKP_DR31);
    const bool dipped = left == KEPT, faulted = left == FAULTED;
    setBackupRegister(LL_RTC_BKP_DR31, KEPT);
    if (flags & (RCC_CSR_IWDGRSTF | RCC_CSR_WWDGRSTF)) return BOARD_RESET_WATCHDOG;
    if (flags & RCC_CSR_SFTRSTF) return faulted ? BOARD_RESET_FAULT : BOARD_RESET_SOFTWARE;
    if (flags & RCC_CSR_BORRSTF) return dipped ? BOARD_RESET_BROWNOUT : BOARD_RESET_POWER;
    return flags & RCC_CSR_PINRSTF ? BOARD_RESET_PIN : BOARD_RESET_UNKNOWN; // every reset pulls the pin: asked last
}

bool board_watchdog_start(uint32_t ms) {
    const uint32_t longest_ms = IWDG_TIMEOUT_MAX / 1000;
    if (!IWatchdog.isEnabled()) IWatchdog.begin((ms < longest_ms ? ms : longest_ms) * 1000);
    return IWatchdog.isEnabled();
}

void board_watchdog_feed(void) {
    IWatchdog.reload();
}

#elif defined(TARGET_NRF52840) // nRF52840 Product Specification v1.11, chapters POWER and WDT
#include <mbed.h>

// The WDT can be neither stopped nor changed and runs on through a reset by software, into the boot loader, which does
// not feed it: an upload must fit into its time. So it waits a minute, for what hangs with interrupts held off; before
// that a ticker looks once a second whether it was fed.
static const uint32_t MINUTE_MS = 60000;
enum : uintptr_t { AT_RESETREAS = 0x40000400, AT_GPREGRET2 = 0x40000520, AT_WDT = 0x40010000 };
enum : uintptr_t {
    AT_START = AT_WDT,
    AT_RUNSTATUS = AT_WDT + 0x400,
    AT_CRV = AT_WDT + 0x504,
    AT_RREN = AT_WDT + 0x508,
    AT_CONFIG = AT_WDT + 0x50C,
    AT_RR0 = AT_WDT + 0x600
};
enum { BY_PIN = 1, BY_WATCHDOG = 2, BY_SOFTWARE = 4, BY_LOCKUP = 8, NOT_FED = 0xD0, FAULTED = 0xFA };
static volatile uint32_t hungry_s;
static uint32_t patience_s;

// No flag at all is power-on or brown-out, which the chip does not tell apart.
static board_reset_cause find_cause() {
    const uint32_t flags = reg(AT_RESETREAS), left = reg(AT_GPREGRET2);
    reg(AT_RESETREAS) = flags; // else they pile up
    reg(AT_GPREGRET2) = 0;
    if (flags & BY_WATCHDOG || (flags & BY_SOFTWARE && left == NOT_FED)) return BOARD_RESET_WATCHDOG;
    if (flags & BY_LOCKUP || (flags & BY_SOFTWARE && left == FAULTED)) return BOARD_RESET_FAULT;
    if (flags & BY_SOFTWARE) return BOARD_RESET_SOFTWARE;
    if (flags & BY_PIN) return BOARD_RESET_PIN;
    return flags ? BOARD_RESET_UNKNOWN : BOARD_RESET_POWER;
}

static void look() { // in an interrupt
    if (++hungry_s <= patience_s) return;
    reg(AT_GPREGRET2) = NOT_FED;
    board_reset();
}

static void note_fault(const mbed_error_ctx *) { // Mbed's own handler blinks for ever
    reg(AT_GPREGRET2) = FAULTED;
    board_reset();
}

void board_watchdog_feed(void) {
    hungry_s = 0;
    reg(AT_RR0) = 0x6E524635;
}

// Runs on while the processor sleeps, not while a debugger holds it.
static void start_wdt(uint32_t ms) {
    if (reg(AT_RUNSTATUS)) return;
    reg(AT_CRV) = (uint32_t)((uint64_t)ms * 32768 / 1000);
    reg(AT_RREN) = 1;
    reg(AT_CONFIG) = 1;
    reg(AT_START) = 1;
}

bool board_watchdog_start(uint32_t ms) {
    static mbed::LowPowerTicker ticker;
    start_wdt(ms > MINUTE_MS ? ms : MINUTE_MS);
    board_watchdog_feed();
    patience_s = ms / 1000 + (ms % 1000 != 0);
    ticker.attach(look, std::chrono::seconds(1));
    mbed_set_error_hook(note_fault);
    return true;
}

#elif defined(TARGET_RP2040) // RP2040 Datasheet, 2.12 chip-level reset, 2.13 power-on state machine, 4.7 watchdog
#include <mbed.h>

enum : uintptr_t { AT_CTRL = 0x40058000, AT_LOAD = AT_CTRL + 4, AT_REASON = AT_CTRL + 8, AT_SCRATCH0 = AT_CTRL + 0xC };
enum : uintptr_t { AT_CHIP_RESET = 0x40064008, AT_WDSEL = 0x40010008 };
enum { BY_TIMER = 1, BY_TRIGGER = 2, FAULTED = 0xFA };
static const uint32_t BY_POWER = 1u << 8, BY_RUN_PIN = 1u << 16;
static const uint32_t SET_ENABLE = 1u << 30, SET_TRIGGER = 1u << 31, ALL_BUT_OSCILLATORS = 0x1FFFC, LONGEST = 0xFFFFFF;
static uint32_t load;

// Power-on and brown-out share a flag.
static board_reset_cause find_cause() {
    const uint32_t reason = reg(AT_REASON), chip = reg(AT_CHIP_RESET), left = reg(AT_SCRATCH0);
    reg(AT_SCRATCH0) = 0;
    if (reason & BY_TIMER) return BOARD_RESET_WATCHDOG;
    if (reason & BY_TRIGGER) return left == FAULTED ? BOARD_RESET_FAULT : BOARD_RESET_SOFTWARE;
    if (chip & BY_RUN_PIN) return BOARD_RESET_PIN;
    return chip & BY_POWER ? BOARD_RESET_POWER : BOARD_RESET_UNKNOWN;
}

// The request of a Cortex-M0+ resets its core alone; the watchdog resets the chip, and tells the two apart afterwards.
void board_reset(void) {
    reg(AT_WDSEL) = ALL_BUT_OSCILLATORS;
    reg(AT_CTRL) |= SET_TRIGGER;
    for (;;) {
    }
}

static void note_fault(const mbed_error_ctx *) { // Mbed's own handler blinks for ever
    reg(AT_SCRATCH0) = FAULTED;
    board_reset();
}

void board_watchdog_feed(void) {
    if (load) reg(AT_LOAD) = load;
}

bool board_watchdog_start(uint32_t ms) {
    load = ms < LONGEST / 2000 ? ms * 2000 : LONGEST; // counts down by two each microsecond: erratum RP2040-E1
    reg(AT_WDSEL) = ALL_BUT_OSCILLATORS;
    board_watchdog_feed();
    reg(AT_CTRL) |= SET_ENABLE;
    mbed_set_error_hook(note_fault);
    return true;
}

#else

static board_reset_cause find_cause() {
    return BOARD_RESET_UNKNOWN;
}
bool board_watchdog_start(uint32_t) {
    return false;
}
void board_watchdog_feed(void) {}

#endif

#if !defined(ARDUINO_ARCH_ESP32) && !defined(TARGET_RP2040)
void board_reset(void) {
    reg(0xE000ED0C) = 0x05FA0004; // AIRCR: SYSRESETREQ, Arm DDI 0403, B3.2.6
    for (;;) {
    }
}
#endif

board_reset_cause board_reset_reason(void) {
    static const board_reset_cause cause = find_cause();
    return cause;
}

#endif
