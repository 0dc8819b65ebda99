#ifndef WIRE_H
#define WIRE_H
#include <Arduino.h>
class TwoWire {
  public:
    TwoWire(uint32_t sda, uint32_t scl);
    void begin();
};
extern TwoWire Wire;
#endif
