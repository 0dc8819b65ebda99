// The cores' Arduino.h: which of them is told by the macro that PlatformIO's builder of that core sets.
#ifndef ARDUINO_H
#define ARDUINO_H

#include <stddef.h>
#include <stdint.h>

#if defined(ARDUINO_ARCH_ESP32)
#include "core_esp32.h"
#elif defined(ARDUINO_ARCH_STM32)
#include "core_stm32.h"
#else
#include "core_mbed.h"
#endif

#endif
