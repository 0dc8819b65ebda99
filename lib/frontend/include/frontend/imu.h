// imu.h: windows of int8 from a stream of motion samples, in integers. No heap, no globals.
//
// Push samples at the sensor's rate. They are resampled to the model's rate and kept in a ring; every `hop` samples a
// window is due. A window may lose its mean per axis (which removes gravity while the hand is not turning). It is
// scaled to int8: q = saturate(((x * multiplier + 2^(shift-1)) >> shift) + zero_point).
//
// Resampling is exact in rational numbers, so it never drifts, and rounds halves up. A sensor faster than the model is
// averaged over the time that one model sample covers (a box filter, which also keeps aliases down); a slower one is
// interpolated linearly; at equal rates the samples pass unchanged.
//
// A hold says which way is up when the device is held as the model learned it. Gravity, the mean acceleration of the
// last seconds, says how the device is held now. Each window is turned by the shortest way from the one to the other,
// accelerometer and gyroscope alike, so that the model sees the same gesture however the device is tilted. Gravity does
// not tell a turn about the vertical. Further from the hold than its limit the device counts as held otherwise
// (imu_held), and its windows are not turned.
#ifndef FRONTEND_IMU_H
#define FRONTEND_IMU_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IMU_AXES 6 // ax, ay, az, gx, gy, gz

#define IMU_UNIT 16384 // 1, of directions and cosines

typedef struct {
    uint16_t settle;      // samples over which gravity is averaged, 2 and up; 0: no hold, windows are never turned
    int16_t up[3];        // the way up in the device's axes, as a vector of length IMU_UNIT
    int16_t least_cosine; // of the angle between `up` and the way up as felt, above -IMU_UNIT / 2: the limit
} imu_hold;

typedef struct {
    uint32_t rate_mhz;            // the model's rate in millihertz, 1..2^31-1
    uint16_t window;              // samples in a window, at the model's rate, 1 and up
    uint16_t hop;                 // samples between windows, 1..window
    bool remove_mean;             // of the accelerometer axes, over the window
    int16_t multiplier[IMU_AXES]; // per axis; 0 leaves an axis at zero_point
    uint8_t shift;                // 1..30
    int8_t zero_point;
    imu_hold hold;
} imu_config;

typedef struct { // fields are private but for the counters
    const imu_config *config;
    int16_t (*history)[IMU_AXES]; // caller's ring of `window` samples
    uint16_t next, until_due;
    uint32_t sensor_rate_mhz;
    uint32_t phase;         // averaging: time filled of the model sample; interpolating: time until the next one
    uint64_t sum[IMU_AXES]; // averaging: of (sample + 32768) * time
    int16_t last[IMU_AXES]; // interpolating: the sample before
    bool started;
    int32_t gravity[3];           // 1/256 counts
    uint16_t settled;             // samples in it, up to hold.settle
    uint32_t samples;             // pushed, at the sensor's rate
    uint32_t windows;             // completed
    uint32_t saturated[IMU_AXES]; // values clipped to int8, counted in every window they fall into
} imu_frontend;

// `history` holds config->window samples and lives as long as `f`. `sensor_rate_mhz` is what board_imu_start returned;
// 0 stands for the model's rate.
void imu_init(imu_frontend *f, const imu_config *config, uint32_t sensor_rate_mhz, int16_t (*history)[IMU_AXES]);
void imu_reset(imu_frontend *f, uint32_t sensor_rate_mhz); // forgets the samples; the counters keep counting

// True: a window is due, call imu_window before the next push. Where a slow sensor completes several hops in one push,
// there is one window, over the newest samples.
bool imu_push(imu_frontend *f, const int16_t sample[IMU_AXES]);
void imu_window(imu_frontend *f, int8_t *out); // int8 [window][IMU_AXES], oldest first

// Whether the device is held so that the model knows its windows: within the limit of the hold, while gravity is felt.
// Without a hold always true.
bool imu_held(const imu_frontend *f);

// The movement in the window, for a gate: root mean square of all axes about their means, added as squares, in counts
// (2048 per g and 16 per degree per second: 0.1 g weighs as much as 12.8 degrees per second). Constant values do not
// count: gravity while the device keeps its position, and the biases of the sensor.
uint32_t imu_level(const imu_frontend *f);

#ifdef __cplusplus
}
#endif
#endif
