// The ESP32 core: espressif/arduino-esp32 2.0.17 (espressif32@6.12.0) with FreeRTOS of ESP-IDF 4.4.
// Read: cores/esp32/HardwareSerial.h (00b486e, which is of release 2), HWCDC.h (140cb2f), Esp.h (00c1a65, of release 1:
// getCpuFreqMHz() has 32 bits since then), esp32-hal-gpio.h (0501831). Not read: esp32-hal-adc.h, esp32-hal.h,
// getArduinoLoopTaskStackSize() of Arduino.h, and FreeRTOS.
#ifndef CORE_ESP32_H
#define CORE_ESP32_H

void setup(void);
void loop(void);
extern "C" {
unsigned long micros(void);
void delay(uint32_t ms);
void pinMode(uint8_t pin, uint8_t mode);
void digitalWrite(uint8_t pin, uint8_t val);
int digitalRead(uint8_t pin);
uint16_t analogRead(uint8_t pin);
void analogReadResolution(uint8_t bits);
}

#define LOW          0x0
#define HIGH         0x1
#define INPUT        0x01
#define OUTPUT       0x02
#define INPUT_PULLUP 0x05

class HardwareSerial {
  public:
    void begin(unsigned long baud, uint32_t config = 0, int8_t rxPin = -1, int8_t txPin = -1, bool invert = false,
               unsigned long timeout_ms = 20000UL, uint8_t rxfifo_full_thrhd = 112);
    int available(void);
    int availableForWrite(void);
    int read(void);
    size_t read(uint8_t *buffer, size_t size);
    void flush(void);
    void flush(bool txOnly);
    size_t write(uint8_t);
    size_t write(const uint8_t *buffer, size_t size);
    operator bool() const;
    size_t setRxBufferSize(size_t new_size);
    size_t setTxBufferSize(size_t new_size);
};

class HWCDC { // the USB port of the chip itself
  public:
    void begin(unsigned long baud = 0);
    int available(void);
    int availableForWrite(void);
    int read(void);
    size_t read(uint8_t *buffer, size_t size);
    void flush(void);
    size_t write(uint8_t);
    size_t write(const uint8_t *buffer, size_t size);
    operator bool() const;
    size_t setRxBufferSize(size_t);
    size_t setTxBufferSize(size_t);
    void setTxTimeoutMs(uint32_t timeout);
};

#ifndef ARDUINO_USB_CDC_ON_BOOT
#define ARDUINO_USB_CDC_ON_BOOT 0
#endif
#if ARDUINO_USB_CDC_ON_BOOT && ARDUINO_USB_MODE
extern HWCDC Serial;
extern HardwareSerial Serial0;
#elif ARDUINO_USB_CDC_ON_BOOT
#error "ARDUINO_USB_MODE=1 beside it, or Serial is TinyUSB's"
#else
extern HardwareSerial Serial;
#endif
extern HardwareSerial Serial1;

class EspClass {
  public:
    uint32_t getCycleCount();
    uint32_t getCpuFreqMHz();
};
extern EspClass ESP;
size_t getArduinoLoopTaskStackSize(void);

extern "C" {
typedef unsigned int UBaseType_t;
typedef int BaseType_t;
typedef uint32_t TickType_t;
typedef struct tskTaskControlBlock *TaskHandle_t;
typedef struct QueueDefinition *QueueHandle_t;
UBaseType_t uxTaskGetStackHighWaterMark(TaskHandle_t xTask);
BaseType_t xQueueReceive(QueueHandle_t xQueue, void *const pvBuffer, TickType_t xTicksToWait);
}
#define pdMS_TO_TICKS(ms) ((TickType_t)(ms))

#endif
