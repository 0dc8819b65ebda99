// Arduino_LSM9DS1 1.1.1. Read, in arduino-libraries/Arduino_LSM9DS1: src/LSM9DS1.h (183667e, of release 2, where some
// of these names are macros for others).
#pragma once
#include <Arduino.h>
#include <Wire.h>
class LSM9DS1Class {
  public:
    LSM9DS1Class(TwoWire &wire);
    int begin();
    void end();
    void setContinuousMode();
    int readAcceleration(float &x, float &y, float &z);
    int accelerationAvailable();
    float accelerationSampleRate();
    int readGyroscope(float &x, float &y, float &z);
};
extern LSM9DS1Class IMU;
