// Mbed OS 6, as far as used.
#pragma once
#include <chrono>
#include <stdint.h>

namespace rtos {
class EventFlags {
  public:
    uint32_t set(uint32_t flags);
    uint32_t wait_any_for(uint32_t flags, std::chrono::duration<uint32_t, std::milli> rel_time, bool clear = true);
};
} // namespace rtos

namespace mbed {
class LowPowerTicker {
  public:
    void attach(void (*function)(), std::chrono::microseconds period);
};
} // namespace mbed

typedef struct _mbed_error_ctx mbed_error_ctx;
typedef int mbed_error_status_t;
extern "C" mbed_error_status_t mbed_set_error_hook(void (*hook)(const mbed_error_ctx *error_ctx));
