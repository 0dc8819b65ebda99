// ESP-IDF 4.4's, as far as used.
#pragma once
typedef int esp_err_t;
enum { ESP_OK = 0 };
