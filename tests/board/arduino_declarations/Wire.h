#ifndef WIRE_H
#define WIRE_H
#include <Arduino.h>
class TwoWire {
  public:
    TwoWire(uint32_t sda, uint32_t scl);
    void begin();
    void setClock(uint32_t);
    void beginTransmission(uint8_t);
    uint8_t endTransmission();
    uint8_t endTransmission(bool);
    uint8_t requestFrom(uint8_t, uint8_t);
    size_t write(uint8_t);
    size_t write(const uint8_t *, size_t);
    int read();
};
extern TwoWire Wire;
#endif
