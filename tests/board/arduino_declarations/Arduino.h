// Declarations only, as far as lib/board uses them: enough to check its Arduino sources for syntax and types where the
// real cores are not at hand. Names and types follow ArduinoCore-API, the ESP32 core 2.0 and CMSIS-RTOS.
#ifndef ARDUINO_H
#define ARDUINO_H

#include <stddef.h>
#include <stdint.h>

#ifdef ARDUINO_ARCH_ESP32
void setup(void);
void loop(void);
#endif
extern "C" {
#ifndef ARDUINO_ARCH_ESP32
void setup(void);
void loop(void);
#endif
unsigned long micros(void);
void delay(unsigned long);
void pinMode(uint8_t, uint8_t);
void digitalWrite(uint8_t, uint8_t);
int analogRead(uint8_t);
void analogReadResolution(int);
}

enum { LOW = 0, HIGH = 1, OUTPUT = 1 };

class HardwareSerial {
  public:
    void begin(unsigned long);
    int available();
    int read();
    int availableForWrite();
    size_t write(const uint8_t *, size_t);
    operator bool();
#ifdef ARDUINO_ARCH_ESP32
    size_t setRxBufferSize(size_t);
    size_t setTxBufferSize(size_t);
#endif
};
extern HardwareSerial Serial;

#ifdef ARDUINO_ARCH_ESP32
class EspClass {
  public:
    void restart();
    uint32_t getCycleCount();
    uint32_t getCpuFreqMHz();
};
extern EspClass ESP;
size_t getArduinoLoopTaskStackSize(void);
extern "C" unsigned int uxTaskGetStackHighWaterMark(void *);
#endif

#ifdef ARDUINO_ARCH_STM32
enum { PB10 = 26, PB11 = 27 };
#endif

#endif
