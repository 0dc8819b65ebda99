// arduino_board.cpp: clock, cycle counter and console of the boards that run the Arduino core.
#ifdef ARDUINO

#include <Arduino.h>

#include "board/board.h"
#include "ticks.h"

#ifndef BOARD_BAUD
#define BOARD_BAUD 115200 // of boards with a serial adapter; USB takes no notice
#endif
#define SERIAL_BUFFER 2048 // bytes the ESP32 keeps each way

static bool ready;

static void begin_once() {
    if (ready) return;
    ready = true;
#ifdef ARDUINO_ARCH_ESP32
    Serial.setRxBufferSize(SERIAL_BUFFER);
    Serial.setTxBufferSize(SERIAL_BUFFER);
#endif
    Serial.begin(BOARD_BAUD);
#ifdef BOARD_MARK_PIN
    pinMode(BOARD_MARK_PIN, OUTPUT);
#endif
    ticks_begin();
}

void board_init(void) {
    begin_once();
}
const char *board_name(void) {
    return BOARD_NAME;
}
uint32_t board_micros(void) {
    return micros();
}

uint32_t board_cycles(void) {
    begin_once();
    return ticks();
}

uint32_t board_cycles_hz(void) {
    return ticks_hz();
}

// Where the core has a tick of a millisecond any interrupt will do; under an operating system it is asked to wait.
void board_sleep(void) {
#ifdef ARDUINO_ARCH_STM32
    __asm volatile("wfi");
#else
    delay(1);
#endif
}

void board_mark(bool high) {
#ifdef BOARD_MARK_PIN
    digitalWrite(BOARD_MARK_PIN, high ? HIGH : LOW);
#else
    (void)high;
#endif
}

void board_reset(void) {
#ifdef ARDUINO_ARCH_ESP32
    ESP.restart();
#else
    *(volatile uint32_t *)0xE000ED0C = 0x05FA0004; // AIRCR: SYSRESETREQ, Arm DDI 0403, B3.2.6
#endif
    for (;;) {
    }
}

board_reset_cause board_reset_reason(void) {
    return BOARD_RESET_UNKNOWN;
}
bool board_watchdog_start(uint32_t ms) {
    (void)ms;
    return false;
}
void board_watchdog_feed(void) {
}

size_t board_console_read(uint8_t *bytes, size_t size) {
    size_t count = 0;
    begin_once();
    while (count < size && Serial.available() > 0) bytes[count++] = (uint8_t)Serial.read();
    return count;
}

// The mbed core's USB serial line does not tell its room: it takes nothing while no host listens and otherwise waits
// for the host, packet by packet.
size_t board_console_room(void) {
    begin_once();
#ifdef ARDUINO_ARCH_MBED
    return 64;
#else
    const int room = Serial.availableForWrite();
    return room > 0 ? (size_t)room : 0;
#endif
}

size_t board_console_write(const uint8_t *bytes, size_t size) {
    const size_t room = board_console_room();
    return Serial.write(bytes, size < room ? size : room);
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
