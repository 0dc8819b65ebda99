// store.cpp: lib/board's store over simulated flash, which may have stopped taking anything.
//   store FAILS    prints what writing, reading, taking out and writing too much return
#include <Arduino.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board/board.h"

static bool fails;

#if defined(ARDUINO_ARCH_ESP32)
#include <Preferences.h>
static uint8_t flash[4000];
static size_t kept;
Preferences::Preferences() {}
bool Preferences::begin(const char *, bool, const char *) {
    return true;
}
void Preferences::end() {}
bool Preferences::remove(const char *) {
    if (!fails) kept = 0;
    return true;
}
size_t Preferences::putBytes(const char *, const void *value, size_t size) {
    if (!fails) memcpy(flash, value, kept = size);
    return size; // as if nothing were amiss
}
size_t Preferences::getBytesLength(const char *) {
    return kept;
}
size_t Preferences::getBytes(const char *, void *to, size_t) {
    memcpy(to, flash, kept);
    return kept;
}

#elif defined(ARDUINO_ARCH_STM32)
#include <EEPROM.h>
static uint8_t flash[E2END + 1], buffer[E2END + 1];
void eeprom_buffer_fill() {
    memcpy(buffer, flash, sizeof flash);
}
void eeprom_buffer_flush() { // says nothing
    if (!fails) memcpy(flash, buffer, sizeof flash);
}
uint8_t eeprom_buffered_read_byte(const uint32_t pos) {
    return buffer[pos];
}
void eeprom_buffered_write_byte(uint32_t pos, uint8_t value) {
    buffer[pos] = value;
}

#else
#include <FlashIAPBlockDevice.h>
#include <TDBStore.h>
static uint8_t flash[4000];
static size_t kept;
static uint32_t from, length;
int mbed::FlashIAP::init() {
    return 0;
}
int mbed::FlashIAP::deinit() {
    return 0;
}
uint32_t mbed::FlashIAP::get_sector_size(uint32_t) const {
    return 4096;
}
uint32_t mbed::FlashIAP::get_flash_start() const {
    return 0;
}
uint32_t mbed::FlashIAP::get_flash_size() const {
    return 1 << 20;
}
FlashIAPBlockDevice::FlashIAPBlockDevice(uint32_t address, uint32_t size) {
    from = address;
    length = size;
}
mbed::TDBStore::TDBStore(BlockDevice *) {}
int mbed::TDBStore::init() {
    return 0;
}
int mbed::TDBStore::set(const char *, const void *value, size_t size, uint32_t) {
    if (!fails) memcpy(flash, value, kept = size);
    return 0;
}
int mbed::TDBStore::get(const char *, void *to, size_t, size_t *size, size_t) {
    memcpy(to, flash, *size = kept);
    return kept ? 0 : -1;
}
int mbed::TDBStore::remove(const char *) {
    if (!fails) kept = 0;
    return 0;
}
#endif

int main(int, char **argv) {
    uint8_t value[BOARD_STORE_SIZE + 1], back[BOARD_STORE_SIZE + 1];
    for (size_t i = 0; i < sizeof value; i++) value[i] = (uint8_t)(i * 7 + 1);
    fails = atoi(argv[1]);
    const int32_t wrote = board_store_write("baseline", value, 600);
    const size_t read = board_store_read("baseline", back, sizeof back);
    const bool same = read == 600 && memcmp(value, back, 600) == 0;
    const int32_t out = board_store_write("baseline", NULL, 0);
    printf("%d %d %d %d", wrote, same, out, board_store_write("baseline", value, BOARD_STORE_SIZE + 1));
#if !defined(ARDUINO_ARCH_ESP32) && !defined(ARDUINO_ARCH_STM32)
    printf(" %x %x", from, length);
#endif
    printf("\n");
}
