#ifndef ARDUINO_BMI270_BMM150_H
#define ARDUINO_BMI270_BMM150_H
#include <Arduino.h>
class BMI270_BMM150Class {
  public:
    int begin();
    void setContinuousMode();
    int readAcceleration(float &x, float &y, float &z);
    int accelerationAvailable();
    float accelerationSampleRate();
    int readGyroscope(float &x, float &y, float &z);
    int gyroscopeAvailable();
};
extern BMI270_BMM150Class IMU;
#endif
