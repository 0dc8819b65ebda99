#ifndef PDM_H
#define PDM_H
#include <Arduino.h>
class PDMClass {
  public:
    int begin(int channels, int rate);
    int available();
    int read(void *, size_t);
    void onReceive(void (*)(void));
};
extern PDMClass PDM;
#endif
