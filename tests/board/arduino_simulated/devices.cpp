// devices.cpp: lib/board's drivers of motion sensors over a simulated I2C bus: which registers they set, and what they
// make of a sample. Built with one -DBOARD_IMU_...; CHIP is what WHO_AM_I tells, WHERE the register it stands in.
//   devices RATE_MHZ CHIP ADDRESS    prints the rate, the registers that were written, and samples
#include <Arduino.h>
#include <Wire.h>
#include <stdio.h>
#include <stdlib.h>

#include "board/board.h"
#include "core.h"
#include "drivers.h"

static uint8_t memory[256], pointer, chip_address;
static bool pointing, addressed;
static int written[256]; // -1: not

TwoWire Wire;
TwoWire::TwoWire() {}
void TwoWire::begin(bool) {}
void TwoWire::setClock(uint32_t) {}
void TwoWire::beginTransmission(uint8_t address) {
    addressed = address == chip_address;
    pointing = true;
}
size_t TwoWire::write(uint8_t byte) {
    if (pointing)
        pointer = byte;
    else if (addressed)
        written[pointer] = memory[pointer] = byte, pointer++;
    pointing = false;
    return 1;
}
size_t TwoWire::write(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) write(bytes[i]);
    return size;
}
uint8_t TwoWire::endTransmission(uint8_t) {
    return addressed ? 0 : 2;
}
uint8_t TwoWire::endTransmission() {
    return endTransmission(1);
}
uint8_t TwoWire::requestFrom(uint8_t, uint8_t size) {
    return addressed ? size : 0;
}
int TwoWire::read() {
    return memory[pointer++];
}
void delay(core_ms) {}
void pinMode(core_pin, core_mode) {}
int digitalRead(core_pin) {
    return 0;
}
void board_init(void) {}

static void put(uint8_t at, int16_t value) { // as the chip orders its bytes
#ifdef BOARD_IMU_MPU6050
    memory[at] = (uint8_t)(value >> 8), memory[at + 1] = (uint8_t)value;
#else
    memory[at] = (uint8_t)value, memory[at + 1] = (uint8_t)(value >> 8);
#endif
}

int main(int, char **argv) {
#ifdef BOARD_IMU_MPU6050
    const uint8_t who = 0x75, status = 0x3A, ready = 1, accel = 0x3B, gyro = 0x43;
#else
    const uint8_t who = 0x0F, status = 0x1E, ready = 3, accel = 0x28, gyro = 0x22;
#endif
    for (int &value : written) value = -1;
    memory[who] = (uint8_t)strtoul(argv[2], NULL, 0);
    chip_address = (uint8_t)strtoul(argv[3], NULL, 0);
    printf("%d", imu_sensor.begin((uint32_t)strtoul(argv[1], NULL, 0)));
    for (int i = 0; i < 256; i++)
        if (written[i] >= 0) printf(" %02x=%02x", i, written[i]);
    float g[3], dps[3];
    memory[status] = 0;
    printf("\n%d\n", imu_sensor.next(g, dps));
    memory[status] = ready;
    for (uint8_t axis = 0; axis < 3; axis++) {
        put(accel + 2 * axis, (int16_t)(2048 * (axis + 1)));
        put(gyro + 2 * axis, (int16_t)(-1000 * (axis + 1)));
    }
    if (imu_sensor.next(g, dps)) printf("%.2f %.2f %.2f %.1f %.1f %.1f\n", g[0], g[1], g[2], dps[0], dps[1], dps[2]);
}
