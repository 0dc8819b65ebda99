// The PDM library of the mbed core. Read, in arduino/ArduinoCore-mbed: libraries/PDM/src/PDM.h (0569965), and what it
// does: src/utility/PDMDoubleBuffer.cpp (11b12f1), src/nrf52/PDM.cpp (78ea5cd), src/rp2040/PDM.cpp (d26ca9b).
#ifndef PDM_H
#define PDM_H
#include <Arduino.h>
class PDMClass {
  public:
    PDMClass(int dinPin, int clkPin, int pwrPin);
    int begin(int channels, int sampleRate);
    void end();
    int available();
    int read(void *buffer, size_t size);
    void onReceive(void (*)(void));
    void setGain(int gain);
    void setBufferSize(int bufferSize);
};
extern PDMClass PDM;
#endif
