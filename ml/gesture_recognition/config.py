"""Every number of the gesture model, with its reason. An experiment is `dataclasses.replace` of a few of them."""

from dataclasses import dataclass, field, replace
from math import cos, hypot, radians

from ml.data.augmentation import MotionVariation
from ml.data.recordings import ACCEL_PER_G, GRAVITY, GYRO_PER_DPS
from ml.data.synthesis import Plan
from ml.design.blocks import Blocks
from ml.gesture_recognition.others import Others
from ml.native.gate import GateConfig
from ml.native.imu import UNIT, ImuConfig, ImuHold
from ml.train.networks import Convolutions

INT8_MAX = 127
ROUNDED = 6e-5  # by which three integers of a vector of length UNIT, rounded, may miss it
SHIFT = 19  # of the fixed-point scale: multipliers of some ten thousand keep four digits and fit int16
UNSURE = tuple(range(128, 241, 8))  # thresholds for a network that has learned for seconds: it is never sure


@dataclass(frozen=True)
class FrontEnd:
    """From counts to int8 windows."""

    rate_hz: float = 33.3  # a hand's gesture has little above 10 Hz
    window: int = 40  # samples, 1.2 s: a gesture of 0.7 to 1.5 s, out and back
    hop: int = 4  # samples, 120 ms between answers
    accel_range_mps2: float = 16.0  # more saturates: vigorous people then look like gentle ones
    gyro_range_dps: float = 400.0
    # How the device is held: the way up in its axes. Recordings with gravity say it themselves (hold.py). Without, it
    # is flat in the hand, screen up: only so can the UHH people turn it ten times by 85 degrees about z and never turn
    # it back, as their gyroscopes say.
    hold: tuple[float, float, float] = (0.0, 0.0, 1.0)
    settle_s: float = 1.9  # over which gravity is averaged: longer than a gesture, short enough to notice another grip
    tilt_deg: float = 65.0  # from the hold, up to which the model answers: 45 are promised, 20 are for the estimate

    def imu(self) -> ImuConfig:
        """The same for the C front end."""
        accel = INT8_MAX / (self.accel_range_mps2 / GRAVITY * ACCEL_PER_G)
        gyro = INT8_MAX / (self.gyro_range_dps * GYRO_PER_DPS)
        multiplier = tuple(round(scale * 2**SHIFT) for scale in (accel, accel, accel, gyro, gyro, gyro))
        length = hypot(*self.hold)
        scale = UNIT if abs(length - 1) < ROUNDED else UNIT / length  # what a header says comes out as it says it
        up = tuple(round(scale * value) for value in self.hold)
        hold = ImuHold(round(self.settle_s * self.rate_hz), up, round(UNIT * cos(radians(self.tilt_deg))))
        return ImuConfig(round(self.rate_hz * 1000), self.window, self.hop, multiplier, SHIFT, hold=hold)


@dataclass(frozen=True)
class Gate:
    """What wakes the network: how much moves in a window (imu_level), as acceleration; 12.8 deg/s count as 0.1 g."""

    open_g: float = 0.2  # a resting hand stays below 0.18 g in 95 of 100 windows, the gentlest gesture reaches 0.37 g
    keep_g: float = 0.15
    hold: int = 4  # windows, half a second

    def gate(self) -> GateConfig:
        """The same for the C gate."""
        return GateConfig(round(self.open_g * ACCEL_PER_G), round(self.keep_g * ACCEL_PER_G), self.hold)


@dataclass(frozen=True)
class Training:
    """What the network sees, and how it learns."""

    variations: int = 40  # of each repetition
    lead: int = 60  # samples before a window, which tell gravity; every other window has none, as after a start
    background: float = 0.8  # windows of nothing for each window of a gesture
    rest_overlap: float = 0.4  # the largest share of a movement in a window that still shows nothing
    epochs: int = 14
    batch: int = 128
    learning_rate: float = 3e-3  # falls to nothing along a cosine
    label_smoothing: float = 0.05  # keeps scores off the ends of int8
    checkpoints: int = 4  # last epochs among which the validation streams choose
    variation: MotionVariation = field(default_factory=MotionVariation)
    others: Others = field(default_factory=Others)


@dataclass(frozen=True)
class Decision:
    """What is tried on the validation streams, and what is preferred."""

    # Streams of gestures would take less of both, down to a half, where something else is as likely. But nothing else
    # moves in them, and other movement then makes two to three times the events (tools/studies/gesture_unknown.py).
    smoothing: tuple[int, ...] = (3, 4)  # windows averaged
    threshold: tuple[int, ...] = tuple(range(168, 241, 8))  # of 255
    refractory: tuple[int, ...] = (2, 3, 4, 5, 6, 8, 10)  # windows
    tolerance_s: float = 1.0  # after a movement's end a detection is still of it
    target_false_alarms_per_hour: float = 30.0  # of gesturing without a pause: one in some forty gestures
    upper_bound_per_hour: float = 90.0  # of the 95 % interval around them: three times the target
    fallback: tuple[int, int, int] = (3, 168, 6)  # smoothing, threshold, refractory, where nothing can be tuned


@dataclass(frozen=True)
class Config:
    """All of it."""

    front_end: FrontEnd = field(default_factory=FrontEnd)
    gate: Gate = field(default_factory=Gate)
    network: Convolutions | Blocks = field(default_factory=Convolutions)
    training: Training = field(default_factory=Training)
    decision: Decision = field(default_factory=Decision)
    synthesis: Plan = field(default_factory=Plan)

    def quick(self) -> "Config":
        """Small enough for a trial of a few seconds; its figures mean little."""
        return replace(
            self,
            training=replace(self.training, variations=8, epochs=8, batch=32, checkpoints=1),
            decision=replace(self.decision, smoothing=(1, 2, 3, 4), threshold=UNSURE),
            synthesis=Plan(people=5, repetitions=3, background_s=10),
        )


NONE = "none"  # the class of rest, of transitions and of movement that means nothing

# What a movement becomes in a mirror. Data with other labels, or with one of a pair only, is not mirrored.
MIRRORED = {
    "left": "right",
    "right": "left",
    "turn_left": "turn_right",
    "turn_right": "turn_left",
    **{same: same for same in ("forward", "backward", "bounce_up", "bounce_down", "shake_lr", "shake_ud", NONE)},
}
