// ESP-IDF 4.4, components/esp_hw_support/include/esp_sleep.h. Not read: "Sleep Modes" of its documentation.
#pragma once
#include <esp_err.h>
#include <stdint.h>

extern "C" {
esp_err_t esp_sleep_enable_timer_wakeup(uint64_t time_in_us);
esp_err_t esp_light_sleep_start(void);
}
