// linked.cpp: a program that starts a sensor and sleeps, with a PDM library that has tables as the RP2040's has: which
// of them the linker keeps. Built with -DSTART=the call.
#include <PDM.h>
#include <mbed.h>

#include "board/board.h"
#include "drivers.h"
#include "sleep.h"

int32_t table[12288];
PDMClass PDM(0, 0, 0);
PDMClass::PDMClass(int, int, int) {}
int PDMClass::begin(int, int) {
    return table[1];
}
int PDMClass::available() {
    return 0;
}
int PDMClass::read(void *, size_t) {
    return table[2];
}
void PDMClass::onReceive(void (*)(void)) {}
rtos::EventFlags::EventFlags() {}
uint32_t rtos::EventFlags::set(uint32_t) {
    return 0;
}
uint32_t rtos::EventFlags::wait_any_for(uint32_t, std::chrono::duration<uint32_t, std::milli>, bool) {
    return 0;
}
unsigned long micros(void) {
    return 0;
}
void delay(unsigned long) {}
void digitalWrite(pin_size_t, PinStatus) {}
void board_init(void) {}
uint32_t console_quiet_us(void) {
    return 0;
}
uint32_t analog_overruns(void) {
    return 0;
}
uint32_t analog_idle_us(void) {
    return 0;
}

int main() {
    START;
    board_sleep();
}
