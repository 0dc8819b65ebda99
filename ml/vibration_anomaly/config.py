"""Every number of the vibration model, with its reason. An experiment is `dataclasses.replace` of a few of them.

The front end follows one rule for all rates, from fans at 50 Hz to bearings at 20 kHz: nothing in it is set for a
machine or a data set.
"""

import math
from dataclasses import dataclass, field, replace

from ml.data.synthesis.machines import Plan
from ml.design.blocks import Blocks
from ml.native.anomaly import Learning
from ml.native.machine import MachineConfig
from ml.native.vibration import VibrationConfig

NORMAL, ANOMALOUS = "normal", "anomalous"
OCTAVE = 256  # a feature's unit before int8


@dataclass(frozen=True)
class FrontEnd:
    """From counts to int8 windows: for each axis a few logarithms, averaged over some blocks."""

    block: int = 128  # samples, at least: the kurtosis of fewer is mostly noise
    block_s: float = 0.05  # or as long, in which a shaft turns once and a bearing's ball strikes several times
    average: int = 8  # blocks that overlap by half: one alone tells little
    bands: int = (
        0  # octaves of the spectrum, from the top: where a speed changes they move, and cost more than they tell
    )
    statistics: tuple[str, ...] = ("variance", "kurtosis", "mobility")  # level, blows, and where the power lies
    ordered: bool = True  # a sensor that is mounted another way round gives the same
    level_steps: int = 12  # of int8 in an octave of power, around 13 octaves: from 1 mg to 1.8 g of RMS
    level_centre: int = 13
    shape_steps: int = 12  # in an octave of kurtosis, around 4 octaves: as of the others, so that none counts for more
    mobility_steps: int = 12  # in an octave of mean square frequency, around the half of its largest value

    def vibration(self, rate_mhz: int) -> VibrationConfig:
        """The same for the C front end at a rate."""
        size = self.block
        while size < 2048 and size * 1000 < self.block_s * rate_mhz * 0.75:  # the nearest power of two
            size *= 2
        half_hz = rate_mhz / 2000
        edges = tuple(half_hz / 2**octave for octave in range(self.bands, -1, -1))
        shift = 14
        power = self.level_centre * OCTAVE + round((2 * math.log2(size) - 2.4) * OCTAVE)  # of noise at the centre
        each = ((power, self.level_steps),) * self.bands
        each += ((self.level_centre * OCTAVE, self.level_steps),) * ("variance" in self.statistics)
        each += ((4 * OCTAVE, self.shape_steps),) * len({"crest", "kurtosis"} & set(self.statistics))
        each += ((OCTAVE, self.mobility_steps),) * ("mobility" in self.statistics)
        return VibrationConfig(
            rate_mhz=rate_mhz,
            size=size,
            band_hz=edges if self.bands else (),
            hop=size // 2,
            statistics=self.statistics,
            average=self.average,
            ordered=self.ordered,
            offset=tuple(offset for offset, _ in each) * 3,
            multiplier=tuple(round(steps * 2**shift / OCTAVE) for _, steps in each) * 3,
            shift=shift,
        )


@dataclass(frozen=True)
class Watching:
    """What a machine does is told before anything is judged (lib/anomaly/include/anomaly/machine.h)."""

    block: int = 16  # samples, at least
    block_s: float = 0.1  # or as long: a turn of a shaft
    below: float = 3.0  # octaves of power: so much quieter than the quietest normal running is off
    above: float = 0.75  # or so much louder than the machine is when it is off, where that was recorded

    def machine(self, rate_mhz: int, hop: int, off_level: int) -> MachineConfig:
        """The same for the C. Blocks end where windows do."""
        block, least = hop, max(self.block, math.ceil(self.block_s * rate_mhz / 1000))
        while block % 2 == 0 and block // 2 >= least:
            block //= 2
        while block < least:
            block *= 2
        return MachineConfig(block, off_level)


@dataclass(frozen=True)
class Mixture:
    """Gaussians around what is normal."""

    components: int = 12  # a machine runs in a few ways
    windows: int = 20  # for each of them at least
    ridge: float = 1.0  # squared steps added to each variance: nobody has seen all that is normal
    learnt_ridge: float = 2.0  # of a baseline that a device learns, in minutes
    apart: int = 18  # steps between the levels of two ways of running, in such a baseline: 4.5 dB
    blind_components: int = 3  # more, for speeds at which faults do not show
    blind_quantile: float = 0.95  # of what is normal at unseen speeds: a fault that scores less does not show
    passed_over: float = (
        0.02  # of the windows of a Gaussian, where its width is found: the rest tells how far it strays
    )
    starts: int = 3  # of expectation and maximisation; the likeliest result is kept

    def learning(self, front_end: VibrationConfig) -> Learning:
        """How a device learns with that front end."""
        overlap = -(-front_end.span // front_end.step)
        each = front_end.features // front_end.axes
        return Learning(round(self.learnt_ridge * 256), each, self.apart, min(overlap, 255))


@dataclass(frozen=True)
class Training:
    """What is learnt from, and how the autoencoder learns."""

    continuum: int = 5  # a machine that was recorded at so many speeds runs at those between them too
    hidden: int = 16
    bottleneck: int = 3  # load, speed, and one to spare
    epochs: int = 80
    batch: int = 64
    learning_rate: float = 3e-3  # falls to nothing along a cosine


@dataclass(frozen=True)
class Decision:
    """What is tried on the validation streams, and what is preferred."""

    smoothing: tuple[int, ...] = (1, 2, 4, 8)  # windows averaged
    threshold: tuple[int, ...] = tuple(range(64, 252, 3))  # of 255; below that the normal is the likelier
    refractory: tuple[int, ...] = (16,)  # windows: a fault that lasts is told once
    tolerance_s: float = 12.0  # after a fault's end a detection is still of it: so long is a window at 50 Hz
    fallback: tuple[int, int, int] = (4, 100, 16)  # smoothing, threshold, refractory, where nothing can be tuned
    target_false_alarms_per_hour: float = 0.5
    upper_bound_per_hour: float = 1.5  # of the 95 % interval around them: three times the target


@dataclass(frozen=True)
class Config:
    """All of it."""

    front_end: FrontEnd = field(default_factory=FrontEnd)
    watching: Watching = field(default_factory=Watching)
    mixture: Mixture = field(default_factory=Mixture)
    training: Training = field(default_factory=Training)
    network: Blocks | None = None  # the autoencoder; None: that of `training`
    decision: Decision = field(default_factory=Decision)
    synthesis: Plan = field(default_factory=Plan)

    def quick(self) -> "Config":
        """Small enough for a trial of a few seconds; its figures mean little."""
        training = replace(self.training, epochs=10)
        return replace(self, training=training, synthesis=Plan(speeds=5, seconds=20.0))
