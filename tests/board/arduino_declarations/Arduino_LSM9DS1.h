#ifndef ARDUINO_LSM9DS1_H
#define ARDUINO_LSM9DS1_H
#include <Arduino.h>
class LSM9DS1Class {
  public:
    int begin();
    void setContinuousMode();
    int readAcceleration(float &x, float &y, float &z);
    int accelerationAvailable();
    float accelerationSampleRate();
    int readGyroscope(float &x, float &y, float &z);
    int gyroscopeAvailable();
};
extern LSM9DS1Class IMU;
#endif
