// silent_board.c: a board for an application's main.cpp whose sensors start as the build says (-DSTARTED=what they
// return, -DSTARTED_MIC likewise) and give a sample each millisecond. What the application sends goes to the standard
// output; after -DTURNS turns of its loop the program ends.
#include "board/board.h"

#include <stdio.h>
#include <stdlib.h>

#ifndef STARTED
#define STARTED (int32_t)rate_mhz
#endif

static uint32_t now_us;

// Of a sensor at rest: -2..1.
static int16_t noise(void) {
    static uint32_t state = 1;
    state = state * 1664525u + 1013904223u;
    return (int16_t)((state >> 30) - 2);
}

static void fill_at_rest(int16_t *values, size_t count, size_t axes) {
    for (size_t i = 0; i < count * axes; i++)
        values[i] = (int16_t)(noise() + (axes > 1 && i % axes == 2 ? BOARD_ACCEL_PER_G : 0));
}

void board_init(void) {}
const char *board_name(void) {
    return "silent";
}
uint32_t board_micros(void) {
    return now_us;
}
uint32_t board_cycles(void) {
    return now_us;
}
uint32_t board_cycles_hz(void) {
    return 1000000;
}
void board_sleep(void) {
    now_us += 1000;
}
void board_reset(void) {
    exit(3);
}
bool board_button(void) {
    return false;
}
void board_mark(bool high) {
    (void)high;
}
bool board_mark_read(void) {
    return false;
}
board_reset_cause board_reset_reason(void) {
    return BOARD_RESET_POWER;
}
bool board_watchdog_start(uint32_t ms) {
    return ms > 0;
}
void board_watchdog_feed(void) {}
size_t board_console_read(uint8_t *bytes, size_t size) {
    (void)bytes, (void)size;
    return 0;
}
size_t board_console_write(const uint8_t *bytes, size_t size) {
    return fwrite(bytes, 1, size, stdout);
}
size_t board_console_room(void) {
    return 4096;
}

int32_t board_imu_start(uint32_t rate_mhz) {
    (void)rate_mhz;
    return STARTED;
}
size_t board_imu_read(board_imu_sample *samples, size_t count) {
    fill_at_rest((int16_t *)samples, count, sizeof *samples / sizeof(int16_t));
    now_us += 1000;
    return count;
}
int32_t board_mic_start(uint32_t rate_mhz) {
    (void)rate_mhz;
    return STARTED;
}
size_t board_mic_read(int16_t *pcm, size_t count) {
    fill_at_rest(pcm, count, 1);
    now_us += 1000;
    return count;
}
int32_t board_accel_start(uint32_t rate_mhz) {
    (void)rate_mhz;
    return STARTED;
}
size_t board_accel_read(int16_t (*xyz)[3], size_t count) {
    fill_at_rest(xyz[0], count, 3);
    now_us += 1000;
    return count;
}
uint8_t board_analog_channels(void) {
    return 1;
}
int32_t board_analog_start(uint32_t rate_mhz) {
    (void)rate_mhz;
    return BOARD_ERR_ABSENT;
}
size_t board_analog_read(int16_t *rows, size_t count) {
    (void)rows, (void)count;
    return 0;
}
uint32_t board_sensor_overruns(void) {
    return 0;
}
int32_t board_i2c_start(uint32_t hz) {
    (void)hz;
    return BOARD_OK;
}
bool board_i2c_read(uint8_t address, uint8_t reg, uint8_t *bytes, size_t size) {
    (void)address, (void)reg, (void)bytes, (void)size;
    return false;
}
bool board_i2c_write(uint8_t address, uint8_t reg, const uint8_t *bytes, size_t size) {
    (void)address, (void)reg, (void)bytes, (void)size;
    return false;
}
size_t board_store_read(const char *key, void *bytes, size_t size) {
    (void)key, (void)bytes, (void)size;
    return 0;
}
int32_t board_store_write(const char *key, const void *bytes, size_t size) {
    (void)key, (void)bytes, (void)size;
    return BOARD_ERR_STORE;
}
uint32_t board_stack_used(void) {
    return 0;
}
uint32_t board_stack_size(void) {
    return 0;
}

int main(void) {
    setup();
    for (int turn = 0; turn < 4000; turn++) loop();
}
