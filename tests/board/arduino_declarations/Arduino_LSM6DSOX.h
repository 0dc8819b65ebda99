#ifndef ARDUINO_LSM6DSOX_H
#define ARDUINO_LSM6DSOX_H
#include <Arduino.h>
class LSM6DSOXClass {
  public:
    int begin();
    void setContinuousMode();
    int readAcceleration(float &x, float &y, float &z);
    int accelerationAvailable();
    float accelerationSampleRate();
    int readGyroscope(float &x, float &y, float &z);
    int gyroscopeAvailable();
};
extern LSM6DSOXClass IMU;
#endif
