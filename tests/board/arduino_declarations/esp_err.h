// ESP-IDF 4.4, components/esp_common/include/esp_err.h. Not read.
#pragma once
typedef int esp_err_t;
#define ESP_OK 0
