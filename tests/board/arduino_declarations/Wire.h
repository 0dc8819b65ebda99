// I2C. Read: mbed, libraries/Wire/Wire.h (06bd8b0); STM32, libraries/Wire/src/Wire.h (0337a22, of release 1: release 2
// takes pins of 32 bits); ESP32, libraries/Wire/src/Wire.h (0454e3a, of release 2 before 2.0.17, which has more of
// requestFrom).
#ifndef WIRE_H
#define WIRE_H
#include <Arduino.h>

#if defined(ARDUINO_ARCH_ESP32)
class TwoWire {
  public:
    TwoWire(uint8_t bus_num);
    bool begin();
    bool begin(int sda, int scl, uint32_t frequency = 0);
    bool setClock(uint32_t);
    void beginTransmission(uint16_t address);
    void beginTransmission(uint8_t address);
    void beginTransmission(int address);
    uint8_t endTransmission(bool sendStop);
    uint8_t endTransmission(void);
    uint8_t requestFrom(uint16_t address, uint8_t size);
    uint8_t requestFrom(uint8_t address, uint8_t size);
    uint8_t requestFrom(int address, int size);
    size_t requestFrom(uint8_t address, size_t len, bool stopBit);
    size_t write(uint8_t);
    size_t write(const uint8_t *, size_t);
    int available(void);
    int read(void);
};
#elif defined(ARDUINO_ARCH_STM32)
class TwoWire {
  public:
    TwoWire();
    TwoWire(uint32_t sda, uint32_t scl);
    void begin(bool generalCall = false);
    void begin(uint8_t, bool generalCall = false);
    void setClock(uint32_t);
    void beginTransmission(uint8_t);
    void beginTransmission(int);
    uint8_t endTransmission(void);
    uint8_t endTransmission(uint8_t);
    uint8_t requestFrom(uint8_t, uint8_t);
    uint8_t requestFrom(uint8_t, uint8_t, uint8_t);
    uint8_t requestFrom(int, int);
    size_t write(uint8_t);
    size_t write(const uint8_t *, size_t);
    int available(void);
    int read(void);
};
#else
namespace arduino {
class MbedI2C {
  public:
    MbedI2C(int sda, int scl);
    void begin();
    void begin(uint8_t address);
    void setClock(uint32_t freq);
    void beginTransmission(uint8_t address);
    uint8_t endTransmission(bool stopBit);
    uint8_t endTransmission(void);
    size_t requestFrom(uint8_t address, size_t len, bool stopBit);
    size_t requestFrom(uint8_t address, size_t len);
    size_t write(uint8_t data);
    size_t write(const uint8_t *data, int len);
    size_t write(const uint8_t *buffer, size_t size); // of Print
    int available();
    int read();
};
} // namespace arduino
typedef arduino::MbedI2C TwoWire;
#endif

extern TwoWire Wire;
#ifndef ARDUINO_ARCH_STM32
extern TwoWire Wire1;
#endif
#endif
