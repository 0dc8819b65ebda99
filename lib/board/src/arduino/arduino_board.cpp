// arduino_board.cpp: name, cycle counter and console of the boards that run the Arduino core.
#if defined(ARDUINO) && !defined(__AVR__) // which has a board of its own: avr_board.c

#include <Arduino.h>

#include "board/board.h"
#include "console.h"
#include "sleep.h"
#include "ticks.h"

#define SERIAL_BUFFER 2048 // bytes the ESP32 keeps each way

static bool ready;
static uint32_t heard_us; // when the host last said something, or the board started

static void begin_once() {
    if (ready) return;
    ready = true;
#ifdef ARDUINO_ARCH_ESP32
    BOARD_CONSOLE.setRxBufferSize(SERIAL_BUFFER);
    BOARD_CONSOLE.setTxBufferSize(SERIAL_BUFFER);
#endif
    BOARD_CONSOLE.begin(BOARD_BAUD);
#ifdef BOARD_MARK_PIN
    pinMode(BOARD_MARK_PIN, OUTPUT);
#endif
#ifdef BOARD_BUTTON_PIN
    pinMode(BOARD_BUTTON_PIN, INPUT_PULLUP);
#endif
    ticks_begin();
    sleep_begin();
    heard_us = board_micros();
}

void board_init(void) {
    begin_once();
}
const char *board_name(void) {
    return THIMBLE_BOARD;
}
uint32_t board_cycles(void) {
    begin_once();
    return ticks();
}

uint32_t board_cycles_hz(void) {
    return ticks_hz();
}

void board_mark(bool high) {
#ifdef BOARD_MARK_PIN
    digitalWrite(BOARD_MARK_PIN, high ? HIGH : LOW);
#else
    (void)high;
#endif
}

bool board_button(void) { // between the pin and ground
#ifdef BOARD_BUTTON_PIN
    return digitalRead(BOARD_BUTTON_PIN) == LOW;
#else
    return false;
#endif
}

size_t board_console_read(uint8_t *bytes, size_t size) {
    size_t count = 0;
    begin_once();
    while (count < size && BOARD_CONSOLE.available() > 0) bytes[count++] = (uint8_t)BOARD_CONSOLE.read();
    if (count) heard_us = board_micros();
    return count;
}

uint32_t console_quiet_us(void) {
    return board_micros() - heard_us;
}

// The mbed core's USB serial line does not tell its room: it takes nothing while no host listens and otherwise waits
// for the host, packet by packet.
size_t board_console_room(void) {
    begin_once();
    if (console_ended()) return 0;
#ifdef ARDUINO_ARCH_MBED
    return 64;
#else
    const int room = BOARD_CONSOLE.availableForWrite();
    return room > 0 ? (size_t)room : 0;
#endif
}

size_t board_console_write(const uint8_t *bytes, size_t size) {
    const size_t room = board_console_room();
    return BOARD_CONSOLE.write(bytes, size < room ? size : room);
}

#ifdef ARDUINO_ARCH_ESP32
uint32_t board_stack_size(void) {
    return getArduinoLoopTaskStackSize();
}
uint32_t board_stack_used(void) {
    return board_stack_size() - uxTaskGetStackHighWaterMark(NULL);
}
#else
uint32_t board_stack_size(void) {
    return 0;
} // the cores neither paint nor measure their stacks
uint32_t board_stack_used(void) {
    return 0;
}
#endif

#endif
