// core.h: the types of each core's own functions, for whoever defines them.
#ifndef SIMULATED_CORE_H
#define SIMULATED_CORE_H

#include <Arduino.h>

#if defined(ARDUINO_ARCH_STM32)
typedef uint32_t core_us, core_ms, core_pin, core_level, core_mode;
typedef HardwareSerial core_serial;
#elif defined(ARDUINO_ARCH_ESP32)
typedef unsigned long core_us;
typedef uint32_t core_ms;
typedef uint8_t core_pin, core_level, core_mode;
typedef HardwareSerial core_serial;
#else
typedef unsigned long core_us, core_ms;
typedef pin_size_t core_pin;
typedef PinStatus core_level;
typedef PinMode core_mode;
typedef arduino::USBSerial core_serial;
#endif

#endif
