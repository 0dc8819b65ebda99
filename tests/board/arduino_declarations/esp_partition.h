// ESP-IDF 4.x, components/spi_flash/include/esp_partition.h. Read: espressif/esp-idf (002cd29). What it takes from
// esp_spi_flash.h (spi_flash_mmap_memory_t and the handle): that header was not seen.
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

typedef enum { ESP_PARTITION_TYPE_APP = 0, ESP_PARTITION_TYPE_DATA = 1 } esp_partition_type_t;
typedef enum { ESP_PARTITION_SUBTYPE_DATA_SPIFFS = 0x82 } esp_partition_subtype_t;
typedef enum { SPI_FLASH_MMAP_DATA, SPI_FLASH_MMAP_INST } spi_flash_mmap_memory_t;
typedef uint32_t spi_flash_mmap_handle_t;
typedef struct esp_flash_t esp_flash_t;
typedef struct {
    esp_flash_t *flash_chip;
    esp_partition_type_t type;
    esp_partition_subtype_t subtype;
    uint32_t address, size;
    char label[17];
    bool encrypted;
} esp_partition_t;

extern "C" {
const esp_partition_t *esp_partition_find_first(esp_partition_type_t, esp_partition_subtype_t, const char *label);
esp_err_t esp_partition_write(const esp_partition_t *, size_t offset, const void *source, size_t size);
esp_err_t esp_partition_erase_range(const esp_partition_t *, size_t offset, size_t size);
esp_err_t esp_partition_mmap(const esp_partition_t *, size_t offset, size_t size, spi_flash_mmap_memory_t,
                             const void **mapped, spi_flash_mmap_handle_t *);
}
