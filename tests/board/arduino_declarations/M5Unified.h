// M5Unified 0.2.14. Read, in m5stack/M5Unified: src/M5Unified.hpp (7e4a84a), src/utility/IMU_Class.hpp (0407e64),
// src/utility/Mic_Class.hpp (7488c4d), and what they do: IMU_Class.cpp (002b75f, of 0.2.14), imu/MPU6886_Class.cpp and
// imu/BMI270_Class.cpp (4375733), Mic_Class.cpp (039e65b).
#pragma once
#include <Arduino.h>

namespace m5 {
enum imu_t { imu_none, imu_unknown, imu_sh200q, imu_mpu6050, imu_mpu6886, imu_mpu9250, imu_bmi270 };

class IMU_Class {
  public:
    struct imu_3d_t {
        union {
            float value[3];
        };
    };
    struct imu_data_t {
        uint32_t usec;
        imu_3d_t accel, gyro, mag;
    };
    enum sensor_mask_t { sensor_mask_none = 0, sensor_mask_accel = 1, sensor_mask_gyro = 2, sensor_mask_mag = 4 };
    sensor_mask_t update(void);
    const imu_data_t &getImuData(void);
    imu_t getType(void) const;
    void clearOffsetData(void);
};
typedef IMU_Class::imu_data_t imu_data_t;

class Mic_Class {
  public:
    bool begin(void);
    bool isEnabled(void) const;
    size_t isRecording(void) const; // how many of the two places for blocks are taken
    bool record(int16_t *rec_data, size_t array_len, uint32_t sample_rate, bool stereo = false);
};

class M5Unified {
  public:
    struct config_t {
        uint32_t serial_baudrate = 115200;
        bool clear_display = true;
        bool output_power = true;
        bool internal_imu = true;
        bool internal_mic = true;
        bool internal_spk = true;
    };
    IMU_Class Imu;
    Mic_Class Mic;
    static config_t config(void);
    void begin(config_t cfg);
};
} // namespace m5
extern m5::M5Unified M5;
