// ticks.h: the processor's cycle counter, or the nearest thing it has.
#ifndef BOARD_TICKS_H
#define BOARD_TICKS_H

#include <Arduino.h>

#if defined(ARDUINO_ARCH_ESP32)

static inline void ticks_begin() {}
static inline uint32_t ticks() {
    return ESP.getCycleCount();
}
static inline uint32_t ticks_hz() {
    return (uint32_t)ESP.getCpuFreqMHz() * 1000000u;
}

#elif defined(__ARM_ARCH_7M__) || defined(__ARM_ARCH_7EM__) || defined(__ARM_ARCH_8M_MAIN__)

// DWT CYCCNT, Arm DDI 0403, C1.8: switched on by TRCENA in DEMCR and CYCCNTENA in DWT_CTRL.
extern "C" uint32_t SystemCoreClock; // CMSIS

static inline void ticks_begin() {
    *(volatile uint32_t *)0xE000EDFC |= 1u << 24;
    *(volatile uint32_t *)0xE0001000 |= 1u;
}
static inline uint32_t ticks() {
    return *(volatile uint32_t *)0xE0001004;
}
static inline uint32_t ticks_hz() {
    return SystemCoreClock;
}

#else // Cortex-M0+ has no cycle counter: microseconds

static inline void ticks_begin() {}
static inline uint32_t ticks() {
    return micros();
}
static inline uint32_t ticks_hz() {
    return 1000000u;
}

#endif
#endif
