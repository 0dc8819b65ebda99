// arduino_analog.cpp: the analogue inputs named by BOARD_ANALOG_PINS, read when they are due: there is no hardware
// behind that keeps them for a late reader, so a row for which the application comes a period late is lost and counted.
#if defined(ARDUINO) && !defined(__AVR__) // which has a board of its own: avr_board.c

#include <Arduino.h>

#include "board/board.h"
#include "drivers.h"

#ifdef BOARD_ANALOG_PINS

#ifndef BOARD_ANALOG_MV
#define BOARD_ANALOG_MV 3300 // at full scale
#endif
#define BITS 12

static const uint8_t pins[] = {BOARD_ANALOG_PINS};
enum { CHANNELS = sizeof pins / sizeof pins[0] };
static_assert(CHANNELS <= BOARD_ANALOG_MAX, "fewer pins in BOARD_ANALOG_PINS");

static uint32_t period_us; // 0: not running
static uint32_t due_us, overruns;

uint8_t board_analog_channels(void) {
    return CHANNELS;
}

int32_t board_analog_start(uint32_t rate_mhz) {
    board_init();
    if (rate_mhz == 0 || rate_mhz > 1000000) return BOARD_ERR_RATE; // naps are whole milliseconds
    analogReadResolution(BITS);
    period_us = 1000000000ul / rate_mhz;
    due_us = board_micros() + period_us;
    return (int32_t)(1000000000ul / period_us);
}

size_t board_analog_read(int16_t *rows, size_t count) {
    const uint32_t late_us = board_micros() - due_us;
    if (!period_us || count == 0 || late_us > INT32_MAX) return 0;
    const uint32_t missed = late_us / period_us;
    overruns += missed;
    due_us += (missed + 1) * period_us;
    for (int i = 0; i < CHANNELS; i++)
        rows[i] = (int16_t)((uint32_t)analogRead(pins[i]) * BOARD_ANALOG_MV / ((1u << BITS) - 1));
    return 1;
}

uint32_t analog_overruns(void) {
    return overruns;
}

uint32_t analog_idle_us(void) {
    const uint32_t left_us = due_us - board_micros();
    if (!period_us) return UINT32_MAX;
    return left_us <= period_us ? left_us : 0; // more: the row is late
}

#else

uint8_t board_analog_channels(void) {
    return 0;
}
int32_t board_analog_start(uint32_t) {
    return BOARD_ERR_ABSENT;
}
size_t board_analog_read(int16_t *, size_t) {
    return 0;
}
uint32_t analog_overruns(void) {
    return 0;
}
uint32_t analog_idle_us(void) {
    return UINT32_MAX;
}

#endif
#endif
