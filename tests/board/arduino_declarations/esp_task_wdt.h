// ESP-IDF 4.4, components/esp_system/include/esp_task_wdt.h. Read: espressif/esp-idf (1840c48) is of release 5, where
// esp_task_wdt_init takes a structure; the one of release 4 by its own text alone.
#pragma once
#include <Arduino.h>
#include <esp_err.h>

extern "C" {
esp_err_t esp_task_wdt_init(uint32_t timeout, bool panic);
esp_err_t esp_task_wdt_add(TaskHandle_t handle);
esp_err_t esp_task_wdt_reset(void);
}
