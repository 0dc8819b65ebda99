// arduino_flash.cpp: the flash part in what each Arduino core brings for it. Written from the published headers of the
// cores; tests/board compiles it against declarations of them, and no real board has run it.
//
// A board has a part if its .ini states the size, -D BOARD_FLASH_PART=bytes, whole pages. The part lies below the key
// store at the end of the flash; on the ESP32 it is the partition "spiffs" of the core's partition tables.
#if defined(ARDUINO) && !defined(__AVR__) // which has a board of its own: avr_board.c

#include <Arduino.h>
#include <string.h>

#include "board/board.h"

#ifndef BOARD_FLASH_PART
#define BOARD_FLASH_PART 0
#endif

#if BOARD_FLASH_PART == 0
static board_flash_part find_part() {
    return {NULL, 0, 1, 1};
}
static bool erase(const board_flash_part &, uint32_t, size_t) {
    return false;
}
static bool program(const board_flash_part &, uint32_t, const void *, size_t) {
    return false;
}

#elif defined(ARDUINO_ARCH_ESP32) // docs.espressif.com, Partitions API
#include <esp_partition.h>

static const esp_partition_t *partition;

static board_flash_part find_part() {
    static const void *mapped;
    if (!mapped) {
        spi_flash_mmap_handle_t handle;
        partition = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_DATA_SPIFFS, NULL);
        const bool there = partition && partition->size >= BOARD_FLASH_PART;
        if (!there ||
            esp_partition_mmap(partition, 0, BOARD_FLASH_PART, SPI_FLASH_MMAP_DATA, &mapped, &handle) != ESP_OK)
            mapped = NULL;
    }
    if (!mapped) return {NULL, 0, 1, 1};
    return {(const uint8_t *)mapped, BOARD_FLASH_PART, 4096, 8}; // erases take sectors of 4 KB
}

static bool erase(const board_flash_part &, uint32_t at, size_t size) {
    return esp_partition_erase_range(partition, at, size) == ESP_OK;
}

static bool program(const board_flash_part &, uint32_t at, const void *bytes, size_t size) {
    return esp_partition_write(partition, at, bytes, size) == ESP_OK;
}

#elif defined(ARDUINO_ARCH_STM32) // RM0351, 3.3: pages of 2 KB in two banks of the same size, double words

static board_flash_part find_part() {
    const uintptr_t end = FLASH_BASE + FLASH_SIZE - FLASH_PAGE_SIZE; // the last page is the emulated EEPROM
    return {(const uint8_t *)(end - BOARD_FLASH_PART), BOARD_FLASH_PART, FLASH_PAGE_SIZE, 8};
}

static bool erase_page(uintptr_t address) {
    const uint32_t page = (uint32_t)(address - FLASH_BASE) / FLASH_PAGE_SIZE;
    const uint32_t in_bank = FLASH_BANK_SIZE / FLASH_PAGE_SIZE;
    FLASH_EraseInitTypeDef what = {};
    uint32_t failed = 0;
    what.TypeErase = FLASH_TYPEERASE_PAGES;
    what.Banks = page < in_bank ? FLASH_BANK_1 : FLASH_BANK_2;
    what.Page = page % in_bank;
    what.NbPages = 1;
    return HAL_FLASHEx_Erase(&what, &failed) == HAL_OK;
}

static bool erase(const board_flash_part &part, uint32_t at, size_t size) {
    bool done = HAL_FLASH_Unlock() == HAL_OK;
    for (size_t page = 0; done && page < size; page += part.page) done = erase_page((uintptr_t)part.bytes + at + page);
    HAL_FLASH_Lock();
    return done;
}

static bool program(const board_flash_part &part, uint32_t at, const void *bytes, size_t size) {
    bool done = HAL_FLASH_Unlock() == HAL_OK;
    for (size_t i = 0; done && i < size; i += 8) {
        uint64_t word;
        memcpy(&word, (const uint8_t *)bytes + i, sizeof word);
        const uint32_t address = (uint32_t)(uintptr_t)(part.bytes + at + i);
        done = HAL_FLASH_Program(FLASH_TYPEPROGRAM_DOUBLEWORD, address, word) == HAL_OK;
    }
    HAL_FLASH_Lock();
    return done;
}

#elif defined(ARDUINO_ARCH_MBED) // nRF52840 and RP2040: os.mbed.com, "FlashIAP"
#include <FlashIAP.h>

enum { STORE_SECTORS = 4 }; // arduino_store.cpp has the last ones
#ifndef BOARD_STORE_END
#define BOARD_STORE_END (flash->get_flash_start() + flash->get_flash_size())
#endif

static mbed::FlashIAP *opened() {
    static mbed::FlashIAP flash;
    static bool ready = false;
    if (!ready) ready = flash.init() == 0;
    return ready ? &flash : NULL;
}

static board_flash_part find_part() {
    mbed::FlashIAP *flash = opened();
    if (!flash) return {NULL, 0, 1, 1};
    const uint32_t end = BOARD_STORE_END, sector = flash->get_sector_size(end - 1);
    const uint32_t start = end - STORE_SECTORS * sector - BOARD_FLASH_PART;
    const uint32_t unit = flash->get_page_size() < 8 ? 8 : flash->get_page_size();
    return {(const uint8_t *)(uintptr_t)start, BOARD_FLASH_PART, sector, unit};
}

static bool erase(const board_flash_part &part, uint32_t at, size_t size) {
    return opened()->erase((uint32_t)(uintptr_t)part.bytes + at, (uint32_t)size) == 0;
}

static bool program(const board_flash_part &part, uint32_t at, const void *bytes, size_t size) {
    return opened()->program(bytes, (uint32_t)(uintptr_t)part.bytes + at, (uint32_t)size) == 0;
}

#else
#error "a new core: how is its flash written?"
#endif

board_flash_part board_flash(void) {
    return find_part();
}

static bool within(const board_flash_part &part, uint32_t at, size_t size, uint32_t multiple) {
    return at <= part.size && size <= part.size - at && at % multiple == 0 && size % multiple == 0;
}

// Every byte of the part is 0xFF there, or what `bytes` says.
static bool holds(const board_flash_part &part, uint32_t at, const void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        if (part.bytes[at + i] != (bytes ? ((const uint8_t *)bytes)[i] : 0xFF)) return false;
    return true;
}

int32_t board_flash_read(uint32_t at, void *bytes, size_t size) {
    const board_flash_part part = find_part();
    if (!within(part, at, size, 1)) return BOARD_ERR_FLASH;
    if (size) memcpy(bytes, part.bytes + at, size);
    return BOARD_OK;
}

int32_t board_flash_erase(uint32_t at, size_t size) {
    const board_flash_part part = find_part();
    const bool done = within(part, at, size, part.page) && erase(part, at, size) && holds(part, at, NULL, size);
    return done ? BOARD_OK : BOARD_ERR_FLASH;
}

int32_t board_flash_program(uint32_t at, const void *bytes, size_t size) {
    const board_flash_part part = find_part();
    const bool free = within(part, at, size, part.unit) && holds(part, at, NULL, size);
    return free && program(part, at, bytes, size) && holds(part, at, bytes, size) ? BOARD_OK : BOARD_ERR_FLASH;
}

#endif
