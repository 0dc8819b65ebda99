// arduino_sleep.cpp: until the next sample is due the processor sleeps, as deep as the sensor and the link allow:
// docs/low_power.md. board_micros() is here, for in the deepest mode the core's own clock stands still.
#if defined(ARDUINO) && !defined(__AVR__) // which has a board of its own: avr_board.c

#include <Arduino.h>

#include "board/board.h"
#include "console.h"
#include "sleep.h"

enum : uint32_t {
    TICK_US = 1000,
    NAP_US = 20000,         // at most, for the host's commands wait meanwhile
    TALK_US = 200000,       // after a byte of the host's more will come: the board looks each millisecond
    PATIENCE_US = 10000000, // in which a host is heard where the console ends for good
    DEEP_US = 3000,         // from where a mode pays that takes a while to come back from
};

#if BOARD_LOW_POWER && (defined(ARDUINO_ARCH_STM32) || defined(ARDUINO_ARCH_ESP32))
#define CONSOLE_ENDS
#endif

bool console_ended(void) {
    static bool ended;
#ifdef CONSOLE_ENDS
    if (!ended && !microphone_runs() && console_quiet_us() > PATIENCE_US) {
        BOARD_CONSOLE.flush();
        ended = true;
    }
#endif
    return ended;
}

#if defined(ARDUINO_ARCH_STM32) // no operating system: Sleep mode to the next interrupt, RM0351, 5.3

static void nap(uint32_t us) {
    const uint32_t start = micros();
    do {
        __WFI();
    } while (micros() - start < us && BOARD_CONSOLE.available() <= 0);
}

#if BOARD_LOW_POWER // Stop 2: LPTIM1 counts the 32.768 kHz crystal on and wakes the core, RM0351, 5.3 and 34

enum : uint32_t { LPTIM_HZ = 32768, LPTIM_MASK = 0xFFFF };
static uint32_t unseen_us; // stopped, by the clock of micros()

static uint32_t lptim_count() { // in a clock of its own: valid when read twice the same
    uint32_t count = LPTIM1->CNT, again;
    while ((again = LPTIM1->CNT) != count) count = again;
    return count;
}

static uint32_t lptim_edge() { // the same, when it changes: a count is 30 us, which would add up from nap to nap
    const uint32_t before = lptim_count();
    uint32_t count = before;
    while (count == before) count = lptim_count();
    return count;
}

void sleep_begin(void) {
    __HAL_RCC_LPTIM1_CONFIG(RCC_LPTIM1CLKSOURCE_LSE); // the variant's SystemClock_Config() starts the crystal
    __HAL_RCC_LPTIM1_CLK_ENABLE();
    LPTIM1->IER = LPTIM_IER_CMPMIE;
    LPTIM1->CR = LPTIM_CR_ENABLE;
    LPTIM1->ARR = LPTIM_MASK;
    LPTIM1->CR |= LPTIM_CR_CNTSTRT;
    EXTI->IMR2 |= EXTI_IMR2_IM32;
    NVIC_EnableIRQ(LPTIM1_IRQn);
}

// Interrupts are held off, so that the wake-up comes after WFI alone; a pending one ends it as well.
static void stop(uint32_t ticks) {
    HAL_SuspendTick();
    __disable_irq();
    LPTIM1->ICR = LPTIM_ICR_CMPOKCF | LPTIM_ICR_CMPMCF;
    LPTIM1->CMP = (lptim_count() + ticks) % LPTIM_MASK; // below ARR, or it never matches
    while (!(LPTIM1->ISR & LPTIM_ISR_CMPOK)) {
    }
    HAL_PWREx_EnterSTOP2Mode(PWR_STOPENTRY_WFI);
    SystemClock_Config(); // Stop ends with the MSI
    LPTIM1->ICR = LPTIM_ICR_CMPMCF;
    NVIC_ClearPendingIRQ(LPTIM1_IRQn);
    __enable_irq();
    HAL_ResumeTick();
}

static void deep_nap(uint32_t us) {
    const uint32_t from = lptim_edge(), from_us = micros();
    stop((uint32_t)((uint64_t)us * LPTIM_HZ / 1000000));
    const uint32_t passed = (lptim_edge() - from) & LPTIM_MASK;
    unseen_us += (uint32_t)((uint64_t)passed * 1000000 / LPTIM_HZ) - (micros() - from_us);
}

uint32_t board_micros(void) {
    return micros() + unseen_us;
}
#endif

#elif defined(ARDUINO_ARCH_ESP32) // FreeRTOS waits for an interrupt with clocks running, ESP-IDF 4.4 "Sleep Modes"
#include <esp_sleep.h>

static void nap(uint32_t us) {
    delay(us < TICK_US ? 1 : us / TICK_US);
}

#if BOARD_LOW_POWER // light sleep: RAM stays, the RTC's timer keeps the time and wakes; peripherals' clocks stop
static void deep_nap(uint32_t us) {
    esp_sleep_enable_timer_wakeup(us);
    esp_light_sleep_start();
}
#endif

#else // the mbed core: its idle thread waits for an event or an interrupt, and the chip's own management does the rest

static void nap(uint32_t us) {
    delay(us < TICK_US ? 1 : us / TICK_US);
}

#endif

#if !(BOARD_LOW_POWER && defined(ARDUINO_ARCH_STM32))
void sleep_begin(void) {
#if BOARD_LOW_POWER && defined(BOARD_POWER_LAMP)
    digitalWrite(BOARD_POWER_LAMP, LOW);
#endif
}

uint32_t board_micros(void) {
    return micros();
}
#endif

static uint32_t idle_us() {
    const uint32_t idle = sensors_idle_us();
    if (idle == UINT32_MAX && !microphone_runs()) return TICK_US; // all there is comes over the console
    if (idle > TICK_US && console_quiet_us() < TALK_US) return TICK_US;
    return idle < NAP_US ? idle : NAP_US;
}

void board_sleep(void) {
    const uint32_t us = idle_us();
    if (microphone_wait(us < TICK_US ? 1 : us / TICK_US)) return;
#ifdef CONSOLE_ENDS
    if (us >= DEEP_US && console_ended()) {
        deep_nap(us);
        return;
    }
#endif
    nap(us);
}

#endif
