// reset.cpp: lib/board's Arduino watchdog and reset cause over registers that are ordinary memory.
//   reset FLAGS MORE WATCHDOG_MS    MORE: of the RP2040 CHIP_RESET, of the nRF52840
// GPREGRET2, of the STM32 a backup register; prints the cause,
//   and the registers of the watchdog once it was started and fed
#include <Arduino.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "board/board.h"

static const char *const CAUSES[] = {"unknown", "power", "pin", "software", "watchdog", "brownout", "fault"};

// Peripherals from 0x40000000 on as memory.
static void map_registers() {
    void *const wanted = (void *)0x40000000;
    const int how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    if (mmap(wanted, 0x80000, PROT_READ | PROT_WRITE, how, -1, 0) != wanted) exit(77); // the host uses them itself
}

static inline uint32_t &word(uintptr_t address) {
    return *(uint32_t *)address;
}

#if defined(ARDUINO_ARCH_ESP32)
#include <esp_system.h>
#include <esp_task_wdt.h>
static uint32_t seconds, feeds;
static int reason;
esp_reset_reason_t esp_reset_reason(void) {
    return (esp_reset_reason_t)reason;
}
void esp_restart(void) {
    exit(0);
}
esp_err_t esp_task_wdt_init(uint32_t timeout, bool) {
    seconds = timeout;
    return ESP_OK;
}
esp_err_t esp_task_wdt_add(TaskHandle_t) {
    return ESP_OK;
}
esp_err_t esp_task_wdt_reset(void) {
    feeds++;
    return ESP_OK;
}
static void set_flags(uint32_t flags, uint32_t) {
    reason = (int)flags;
}
static void tell() {
    printf("%u %u\n", seconds, feeds);
}

#elif defined(ARDUINO_ARCH_STM32)
#include <IWatchdog.h>
#include <backup.h>
static RCC_TypeDef rcc;
RCC_TypeDef *const RCC = &rcc;
static uint32_t kept, timeout_us, feeds;
IWatchdogClass IWatchdog;
void IWatchdogClass::begin(uint32_t us, uint32_t) {
    timeout_us = us;
}
void IWatchdogClass::reload() {
    feeds++;
}
bool IWatchdogClass::isEnabled() {
    return timeout_us != 0;
}
void enableBackupDomain(void) {}
void setBackupRegister(uint32_t, uint32_t value) {
    kept = value;
}
uint32_t getBackupRegister(uint32_t) {
    return kept;
}
static void set_flags(uint32_t flags, uint32_t backup) {
    rcc.CSR = flags;
    kept = backup;
}
static void tell() {
    printf("%u %u %08x %08x\n", timeout_us, feeds, rcc.CSR, kept);
}

#elif defined(TARGET_NRF52840)
#include <mbed.h>
#include <signal.h>
#include <unistd.h>
static void (*tick)();
static uint32_t ticks;
mbed::LowPowerTicker::LowPowerTicker() {}
static void (*called)();
mbed::Callback<void()>::Callback(void (*function)()) {
    called = function;
}
void mbed::TickerBase::attach(Callback<void()>, std::chrono::microseconds period) {
    if (period == std::chrono::seconds(1)) tick = called;
}
static void set_flags(uint32_t flags, uint32_t left) {
    word(0x40000400) = flags;
    word(0x40000520) = left;
}
static void at_reset(int) { // the core's register is no memory
    printf("reset after %u s, left %x\n", ticks, word(0x40000520));
    fflush(stdout);
    _exit(0);
}
static void hang() { // fed in the fifth second for the last time
    signal(SIGSEGV, at_reset);
    for (ticks = 1; ticks < 100; ticks++) {
        if (ticks == 5) board_watchdog_feed();
        tick();
    }
}
static void tell() {
    printf("%u %u %u %u %08x\n", word(0x40010504), word(0x40010508), word(0x4001050C), word(0x40010000),
           word(0x40010600));
}

#else
#include <mbed.h>
static void set_flags(uint32_t reason, uint32_t chip) {
    word(0x4005800C) = chip >> 24;
    word(0x40058008) = reason;
    word(0x40064008) = chip;
}
static void tell() {
    printf("%u %08x %08x\n", word(0x40058004), word(0x40058000), word(0x40010008));
}
#endif

#if defined(TARGET_NRF52840) || defined(TARGET_RP2040)
mbed_error_status_t mbed_set_error_hook(mbed_error_hook_t) {
    return 0;
}
#endif

int main(int, char **argv) {
    map_registers();
    set_flags((uint32_t)strtoul(argv[1], NULL, 0), (uint32_t)strtoul(argv[2], NULL, 0));
    board_watchdog_feed(); // before there is one: nothing
    const board_reset_cause cause = board_reset_reason();
    set_flags(0, 0);
    const bool same = board_reset_reason() == cause, started = board_watchdog_start((uint32_t)atoi(argv[3]));
    board_watchdog_feed();
    printf("%s %d %d ", CAUSES[cause], same, started);
    tell();
#ifdef TARGET_NRF52840
    hang();
#endif
}
