// ESP-IDF 4.4's, as far as used.
#pragma once
#include <esp_err.h>
#include <stdint.h>

extern "C" {
esp_err_t esp_sleep_enable_timer_wakeup(uint64_t time_in_us);
esp_err_t esp_light_sleep_start(void);
}
