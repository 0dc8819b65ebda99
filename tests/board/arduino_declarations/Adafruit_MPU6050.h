#ifndef ADAFRUIT_MPU6050_H
#define ADAFRUIT_MPU6050_H
#include <Adafruit_Sensor.h>
#include <Wire.h>
typedef enum { MPU6050_RANGE_16_G = 3 } mpu6050_accel_range_t;
typedef enum { MPU6050_RANGE_2000_DEG = 3 } mpu6050_gyro_range_t;
typedef enum { MPU6050_BAND_44_HZ = 3 } mpu6050_bandwidth_t;
class Adafruit_MPU6050 {
  public:
    bool begin(uint8_t address = 0x68, TwoWire *wire = &Wire, int32_t id = 0);
    bool getEvent(sensors_event_t *, sensors_event_t *, sensors_event_t *);
    void setAccelerometerRange(mpu6050_accel_range_t);
    void setGyroRange(mpu6050_gyro_range_t);
    void setFilterBandwidth(mpu6050_bandwidth_t);
    void setSampleRateDivisor(uint8_t);
};
#endif
