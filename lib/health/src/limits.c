// The limits of sensors in the units of board.h, and their reasons.
#include "health/health.h"

enum { G = 2048, DPS = 16 }; // counts

// A real accelerometer has a noise of 1 mg, two counts. Nobody keeps on moving with a standard deviation of 8 g. At
// rest scale and offset of a cheap sensor are off by 0.15 g at most. In motion a mean over a quarter of a second is not
// gravity; but never six times in a row does it stay so far away.
#define ACCELERATION 3, 2, 8 * G, G, G / 4, 0
#define WITH_GRAVITY G * 3 / 4, G * 4 / 3, G / 3, 8 * G
#define NO_GRAVITY   0, 0, 0, 0
#define ROTATION     3, 0, 1500 * DPS, 200 * DPS, 5 * DPS, 40 * DPS, NO_GRAVITY // 40 dps at rest: twice the worst

const health_config health_imu = {{{ACCELERATION, WITH_GRAVITY}, {ROTATION}}, 2, 1000, 5, 0, 0};
const health_config health_imu_either = {{{ACCELERATION, WITH_GRAVITY}, {ROTATION}}, 2, 1000, 5, 0, HEALTH_GRAVITY};
const health_config health_accelerometer = {{{ACCELERATION, WITH_GRAVITY}}, 1, 1000, 5, 0, 0};
const health_config health_vibration = {{{ACCELERATION, NO_GRAVITY}}, 1, 1000, 5, 0, 0};

// The quietest room moves a microphone by more than two counts in a quarter of a second. A standard deviation of half
// the range is that of noise which fills the range. A mean of an eighth of the range costs a decibel of headroom.
const health_config health_microphone = {
    {{1, 2, 16384, 2048, UINT16_MAX, 4096, NO_GRAVITY}}, 1, 4000, 5, 0, HEALTH_OFFSET};
