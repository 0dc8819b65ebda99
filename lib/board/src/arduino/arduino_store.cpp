// arduino_store.cpp: the store in what each Arduino core brings for it. All of them keep it without power. Not each of
// them says when the flash has refused: what was written is read back.
#if defined(ARDUINO) && !defined(__AVR__) // which has a board of its own: avr_board.c

#include <Arduino.h>
#include <string.h>

#include "board/board.h"

#if defined(ARDUINO_ARCH_ESP32) // a partition of its own, "nvs"; docs.espressif.com, Preferences
#include <Preferences.h>

static Preferences preferences;

size_t board_store_read(const char *key, void *bytes, size_t size) {
    if (!preferences.begin("thimble", true)) return 0;
    const size_t there = preferences.getBytesLength(key);
    const size_t found = there <= size ? preferences.getBytes(key, bytes, size) : 0;
    preferences.end();
    return found;
}

static void keep_value(const char *key, const void *bytes, size_t size) {
    if (!preferences.begin("thimble", false)) return;
    if (size)
        preferences.putBytes(key, bytes, size);
    else
        preferences.remove(key);
    preferences.end();
}

#elif defined(ARDUINO_ARCH_STM32) // the emulated EEPROM, one page of flash: room for a single value
#include <EEPROM.h>

enum { KEY_SIZE = 16, HEADER = KEY_SIZE + 2 };

size_t board_store_read(const char *key, void *bytes, size_t size) {
    char kept[KEY_SIZE];
    eeprom_buffer_fill();
    for (uint32_t i = 0; i < KEY_SIZE; i++) kept[i] = (char)eeprom_buffered_read_byte(i);
    const size_t there = eeprom_buffered_read_byte(KEY_SIZE) | (size_t)eeprom_buffered_read_byte(KEY_SIZE + 1) << 8;
    if (strncmp(kept, key, KEY_SIZE) != 0 || there > size || there > BOARD_STORE_SIZE) return 0;
    for (uint32_t i = 0; i < there; i++) ((uint8_t *)bytes)[i] = eeprom_buffered_read_byte(HEADER + i);
    return there;
}

static void keep_value(const char *key, const void *bytes, size_t size) {
    char kept[KEY_SIZE] = {0};
    if (HEADER + size > E2END + 1u || strlen(key) >= KEY_SIZE) return;
    if (size) strncpy(kept, key, KEY_SIZE - 1);
    eeprom_buffer_fill();
    for (uint32_t i = 0; i < KEY_SIZE; i++) eeprom_buffered_write_byte(i, (uint8_t)kept[i]);
    eeprom_buffered_write_byte(KEY_SIZE, (uint8_t)size);
    eeprom_buffered_write_byte(KEY_SIZE + 1, (uint8_t)(size >> 8));
    for (uint32_t i = 0; i < size; i++) eeprom_buffered_write_byte(HEADER + i, ((const uint8_t *)bytes)[i]);
    eeprom_buffer_flush();
}

#elif defined(ARDUINO_ARCH_MBED) // a TDBStore in the last sectors of the flash; os.mbed.com, "KVStore"
#include <FlashIAP.h>
#include <FlashIAPBlockDevice.h>
#include <TDBStore.h>

enum { SECTORS = 4 };
#ifndef BOARD_STORE_END // where something else lies in the last sectors, such as a boot loader
#define BOARD_STORE_END (flash.get_flash_start() + flash.get_flash_size())
#endif

static mbed::TDBStore *store() {
    static mbed::TDBStore *opened = NULL;
    if (opened) return opened;
    mbed::FlashIAP flash;
    if (flash.init() != 0) return NULL;
    const uint32_t end = BOARD_STORE_END;
    const uint32_t size = SECTORS * flash.get_sector_size(end - 1);
    flash.deinit();
    static ::FlashIAPBlockDevice device(end - size, size);
    static mbed::TDBStore made(&device);
    if (made.init() == 0) opened = &made;
    return opened;
}

size_t board_store_read(const char *key, void *bytes, size_t size) {
    size_t found = 0;
    return store() && store()->get(key, bytes, size, &found) == 0 ? found : 0;
}

static void keep_value(const char *key, const void *bytes, size_t size) {
    if (!store()) return;
    if (size)
        store()->set(key, bytes, size, 0);
    else
        store()->remove(key);
}

#else
#error "a new core: where does it keep values?"
#endif

static bool holds(const char *key, const void *bytes, size_t size) {
    static uint8_t kept[BOARD_STORE_SIZE];
    return board_store_read(key, kept, sizeof kept) == size && memcmp(kept, bytes, size) == 0;
}

int32_t board_store_write(const char *key, const void *bytes, size_t size) {
    if (size > BOARD_STORE_SIZE) return BOARD_ERR_STORE;
    keep_value(key, bytes, size);
    return holds(key, bytes, size) ? BOARD_OK : BOARD_ERR_STORE;
}

#endif
