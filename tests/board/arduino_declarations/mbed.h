// Mbed OS 6, in the mbed core. Read, in ARMmbed/mbed-os: rtos/include/rtos/EventFlags.h (2b60c87),
// drivers/include/drivers/Ticker.h (abb5b12), LowPowerTicker.h (9c441c1); mbed_set_error_hook of
// platform/include/platform/mbed_error.h by its own text alone.
#pragma once
#include <chrono>
#include <stdint.h>

namespace rtos {
class EventFlags {
  public:
    EventFlags();
    uint32_t set(uint32_t flags);
    uint32_t wait_any_for(uint32_t flags, std::chrono::duration<uint32_t, std::milli> rel_time, bool clear = true);
};
} // namespace rtos

namespace mbed {
template <typename Signature> class Callback;
template <> class Callback<void()> {
  public:
    Callback(void (*function)());
};

class TickerBase {
  public:
    void attach(Callback<void()> func, std::chrono::microseconds t);
    void detach();
};
class LowPowerTicker : public TickerBase {
  public:
    LowPowerTicker();
};
} // namespace mbed

typedef struct _mbed_error_ctx mbed_error_ctx;
typedef int mbed_error_status_t;
typedef void (*mbed_error_hook_t)(const mbed_error_ctx *error_ctx);
extern "C" mbed_error_status_t mbed_set_error_hook(mbed_error_hook_t custom_error_hook);
