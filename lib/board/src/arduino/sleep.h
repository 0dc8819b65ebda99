// sleep.h: what sleeping needs to know, and what it stops. docs/low_power.md has the modes of each board.
#ifndef BOARD_SLEEP_H
#define BOARD_SLEEP_H

#include <stdbool.h>
#include <stdint.h>

#ifndef BOARD_LOW_POWER
#define BOARD_LOW_POWER 0 // 1: deeper, at a price; STM32 and ESP32: the serial port ends after ten quiet seconds
#endif

void sleep_begin(void);
uint32_t sensors_idle_us(void);    // until an IMU or an analogue channel may have something new, UINT32_MAX: none runs
bool microphone_runs(void);        // which the processor's clocks feed: no deep sleep
bool microphone_wait(uint32_t ms); // until its next samples, or so long; false: none runs, or it cannot wait
uint32_t console_quiet_us(void);   // since the host last said something, or the board started
bool console_ended(void);          // the serial port stops when the processor sleeps

#endif
