"""The application's part of the generated header: front-end and decision settings as C."""

from math import acos, degrees

from ml.gesture_recognition.config import ACCEL_PER_G, GRAVITY, GYRO_PER_DPS, INT8_MAX
from ml.native import gate
from ml.native.decide import DecideConfig
from ml.native.gate import GateConfig
from ml.native.imu import UNIT, ImuConfig

INCLUDES = '#include "decide/decide.h"\n#include "decide/gate.h"\n#include "frontend/imu.h"\n'


def sections(front_end: ImuConfig, activity: GateConfig, decision: DecideConfig) -> list[str]:
    """C text: includes, GESTURE_RECOGNITION_WINDOW, and `gesture_recognition_frontend`, `_gate` and `_decide`."""
    return [INCLUDES, _front_end(front_end), _gate(activity), _decision(decision)]


def _front_end(config: ImuConfig) -> str:
    scale = INT8_MAX * 2**config.shift
    accel = scale / config.multiplier[0] / ACCEL_PER_G * GRAVITY
    gyro = scale / config.multiplier[3] / GYRO_PER_DPS
    seconds = config.window * 1000 / config.rate_mhz
    return f"""// Front end: windows of {config.window} samples ({seconds:.2f} s), one every {config.hop};
// int8 127 is {accel:.1f} m/s2 and {gyro:.0f} deg/s.
#define GESTURE_RECOGNITION_WINDOW {config.window} // samples
static const imu_config gesture_recognition_frontend = {{
    {config.rate_mhz}, // rate, millihertz
    GESTURE_RECOGNITION_WINDOW,
    {config.hop}, // hop, samples
    {str(config.remove_mean).lower()}, // remove the accelerometer's mean
    {{{", ".join(map(str, config.multiplier))}}}, // multiplier
    {config.shift}, // shift
    {config.zero_point}, // zero point
    {{ // how the device is held
        {config.hold.settle}, // samples over which gravity is averaged
        {{{", ".join(map(str, config.hold.up))}}}, // the way up in the device's axes
        {config.hold.least_cosine}, // of the angle up to which it is held so: {_tilt(config):.0f} degrees
    }},
}};
"""


def _tilt(config: ImuConfig) -> float:
    return degrees(acos(config.hold.least_cosine / UNIT))


def _gate(config: GateConfig) -> str:
    open_g, keep_g = config.open_at / ACCEL_PER_G, config.keep_at / ACCEL_PER_G
    return f"""// The network wakes when {open_g:.2f} g move in a window, and sleeps when {keep_g:.2f} g no longer do.
{gate.c_source(config, "gesture_recognition_gate")}
"""


def _decision(config: DecideConfig) -> str:
    return f"""// Decision, chosen on streams of people who were not trained with.
static const uint8_t gesture_recognition_threshold[] = {{{", ".join(map(str, config.threshold))}}};
static const decide_config gesture_recognition_decide = {{
    {len(config.threshold)}, // classes
    {config.background}, // background
    {config.smoothing}, // smoothing, windows
    {config.refractory}, // refractory time, windows
    gesture_recognition_threshold, // of 255
}};
"""
