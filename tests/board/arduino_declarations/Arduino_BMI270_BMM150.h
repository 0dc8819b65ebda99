// Arduino_BMI270_BMM150 1.2.3. Read, in arduino-libraries/Arduino_BMI270_BMM150: src/BoschSensorClass.h (1c4d1b8).
#pragma once
#include <Arduino.h>
#include <Wire.h>
class BoschSensorClass {
  public:
    BoschSensorClass(TwoWire &wire = Wire);
    int begin();
    void end();
    int readAcceleration(float &x, float &y, float &z);
    int accelerationAvailable();
    float accelerationSampleRate();
    int readGyroscope(float &x, float &y, float &z);
};
extern BoschSensorClass IMU;
