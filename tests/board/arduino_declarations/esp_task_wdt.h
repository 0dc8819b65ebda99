// ESP-IDF 4.4's, as far as used.
#pragma once
#include <esp_err.h>
#include <stdint.h>

extern "C" {
esp_err_t esp_task_wdt_init(uint32_t timeout, bool panic);
esp_err_t esp_task_wdt_add(void *task);
esp_err_t esp_task_wdt_reset(void);
}
