// What Arduino_LSM9DS1, Arduino_BMI270_BMM150 and Arduino_LSM6DSOX have in common, as far as used.
#ifndef IMU_LIBRARY_H
#define IMU_LIBRARY_H
#include <Arduino.h>
class ImuLibrary {
  public:
    int begin();
    void setContinuousMode();
    int readAcceleration(float &x, float &y, float &z);
    int accelerationAvailable();
    float accelerationSampleRate();
    int readGyroscope(float &x, float &y, float &z);
};
extern ImuLibrary IMU;
#endif
