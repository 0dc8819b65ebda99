// Declarations only, as far as lib/board uses them: enough to check its Arduino sources for syntax and types where the
// real cores are not at hand. Names and types follow ArduinoCore-API, the ESP32 core 2.0, CMSIS-RTOS and
// the STM32 core with its HAL.
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
int digitalRead(uint8_t);
int analogRead(uint8_t);
void analogReadResolution(int);
}

enum { LOW = 0, HIGH = 1, INPUT = 0, OUTPUT = 1 };

class HardwareSerial {
  public:
    void begin(unsigned long);
    int available();
    int read();
    int availableForWrite();
    size_t write(const uint8_t *, size_t);
    void flush();
    operator bool();
#ifdef ARDUINO_ARCH_ESP32
    size_t setRxBufferSize(size_t);
    size_t setTxBufferSize(size_t);
#endif
};
extern HardwareSerial Serial, Serial1;

#ifdef ARDUINO_ARCH_ESP32
class EspClass {
  public:
    uint32_t getCycleCount();
    uint32_t getCpuFreqMHz();
};
extern EspClass ESP;
size_t getArduinoLoopTaskStackSize(void);
extern "C" unsigned int uxTaskGetStackHighWaterMark(void *);
typedef void *QueueHandle_t;
#define pdMS_TO_TICKS(ms) ((uint32_t)(ms))
extern "C" int xQueueReceive(QueueHandle_t queue, void *item, uint32_t ticks);
#endif

#ifdef TARGET_NRF52840
#define LED_PWR (25u)
#endif

#ifdef ARDUINO_ARCH_STM32
#include "stm32.h"
#endif

#endif
