#ifndef ADAFRUIT_SENSOR_H
#define ADAFRUIT_SENSOR_H
typedef struct {
    float x, y, z;
} sensors_vec_t;
typedef struct {
    sensors_vec_t acceleration, gyro;
} sensors_event_t;
#endif
