"""Every number of the keyword model, with its reason. An experiment is `dataclasses.replace` of a few of them."""

from dataclasses import dataclass, field, replace

from ml.data.synthesis.speech import SpeechPlan
from ml.data.synthesis.vocabulary import KEYWORDS
from ml.design.blocks import Blocks
from ml.native import vad
from ml.native.gate import GateConfig
from ml.native.logmel import LogmelConfig
from ml.native.spotter import SpotterConfig

FEW_WORDS, FEW_VOICES = 4, 60
UNKNOWN, SILENCE = "unknown", "silence"  # classes beside the words


@dataclass(frozen=True)
class FrontEnd:
    """From samples to int8 windows of log-mel frames."""

    # 40 bands up to 4 kHz, as published images of words have them, 30 ms every 20 ms, half a decibel a step; what lies
    # below 160 Hz is taken off, and with it a constant offset of the microphone
    log_mel: LogmelConfig = field(default_factory=lambda: LogmelConfig(high_pass=4, low_hz=0, high_hz=4000))
    frames: int = 48  # of a window, 0.97 s: the longest of the words fit
    step: int = 4  # frames between answers, 80 ms; a multiple of the network's stride

    @property
    def samples(self) -> int:
        """Of a window."""
        return self.log_mel.window + (self.frames - 1) * self.log_mel.hop

    @property
    def step_samples(self) -> int:
        return self.step * self.log_mel.hop


@dataclass(frozen=True)
class Network:
    """Convolutions over time and frequency, then over time alone with a residual each, a mean over time, one layer."""

    filters: tuple[int, ...] = (16, 32)  # over time and frequency
    kernels: tuple[tuple[int, int], ...] = ((4, 5), (3, 4))
    strides: tuple[tuple[int, int], ...] = ((2, 2), (1, 2))
    channels: int = 128  # once frequency is used up
    blocks: tuple[int, ...] = (7, 7, 5)  # depthwise-separable, over so many frames each
    last: int = 160  # channels that are averaged
    dropout: float = 0.1


@dataclass(frozen=True)
class Variation:
    """How far a variation of a clip may stray."""

    speed: float = 0.09  # standard deviation of the logarithm of the pace
    speed_share: float = 0.7  # of the clips; as many are moved to another pitch
    shift_s: float = 0.3  # the furthest that a word lies off the middle of its window: what is averaged sees it so
    room_share: float = 0.5
    reverberation_s: tuple[float, float] = (0.08, 0.7)  # until the sound of a room has died away by 60 dB
    direct_db: tuple[float, float] = (-3.0, 18.0)  # of what comes straight, over what the room adds
    microphone_db: float = 4.0  # standard deviation of its response
    microphone_share: float = 0.6
    noise_share: float = 0.8
    babble_share: float = 0.35  # of the noise is voices
    snr_db: tuple[float, float] = (0.0, 30.0)
    level_db: tuple[float, float] = (-52.0, -10.0)  # root mean square of a word, below full scale
    own_db: tuple[float, float] = (-95.0, -60.0)  # the microphone's own noise
    as_recorded: float = 0.4  # share that keeps its level


@dataclass(frozen=True)
class Training:
    """What the network sees, and how it learns. An epoch shows each clip of a keyword once, always varied anew."""

    recorded: int = 3  # turns of a recorded clip in an epoch: images are many and blurred by their JPEG
    unknown: float = 0.8  # windows that are no keyword, for each of a keyword
    others: float = 0.4  # of these: other words
    rows: float = 0.2  # out of rows of other words
    talk: float = 0.3  # running speech
    babble: float = 0.1  # many voices
    fragments: float = 0.1  # only a part of a keyword
    silence: float = 0.05  # windows of noise, for each of a keyword: with more of them, soft words are taken for it
    silence_db: tuple[float, float] = (-85.0, -20.0)  # root mean square of noise, below full scale
    noise_s: float = 40.0  # of each kind of synthetic noise
    babble_s: float = 300.0  # of each number of voices, new in each epoch
    rooms: int = 20  # of the streams
    least: int = 12000  # windows of keywords in an epoch: few clips are shown several times
    epochs: int = 50
    falling: int = 28  # last epochs, in which the learning rate falls to nothing along a line
    rising: int = 1  # first epochs, in which it rises
    searched: float = 0.5  # windows that are no keyword, for each of one, among which each epoch looks for mistakes
    mistaken: float = 0.3  # how sure of some word the network is in a mistake
    kept: float = 0.25  # mistakes shown in an epoch at most, for each window of a keyword: the latest
    honest: int = 2  # epochs before the first search
    batch: int = 128
    learning_rate: float = 2e-3
    label_smoothing: float = 0.01  # more would hide how sure the network is, by which a threshold tells
    checkpoints: int = 1  # last epochs among which the validation streams choose, if several
    evenness: float = 0.6  # of the classes in the answers: training shows unknown words more often than a word
    mask_bands: int = 5  # the most bands, and frames, that are hidden, twice each
    mask_frames: int = 6
    variation: Variation = field(default_factory=Variation)


@dataclass(frozen=True)
class Decision:
    """What is tried on the validation streams, and what is wanted."""

    smoothing: tuple[int, ...] = (2, 3, 4, 5, 6, 7, 8)  # windows averaged
    threshold: tuple[int, ...] = (*range(80, 230, 3), *range(230, 255))  # of 255
    refractory: tuple[int, ...] = (8, 12)  # windows; a word is heard in about eight
    tolerance_s: float = 0.8  # after a word's end a detection is still of it
    target_false_alarms_per_hour: float = 0.5
    upper_bound_per_hour: float = 1.5  # of the 95 % interval around them: three times the target
    fallback: tuple[int, int, int] = (3, 180, 10)  # smoothing, threshold, refractory, where nothing can be tuned


@dataclass(frozen=True)
class Streams:
    """Long recordings with words at known times in hours of background."""

    minutes: float = 30.0  # of each
    count: int = 20
    repeats: int = 3  # of each clip of a word, in all of them together
    gap_s: float = 1.5  # at least, between whatever is said
    level_db: tuple[float, float] = (-36.0, -14.0)  # root mean square of a word or of talk, below full scale
    change_db: float = 2.0  # from one who speaks to the next, standard deviation
    snr_db: tuple[float, ...] = (40.0, 30.0, 20.0, 10.0, 5.0)  # of them over the background
    snr_shares: tuple[float, ...] = (0.3, 0.2, 0.25, 0.15, 0.1)  # of the time
    babble_share: float = 0.2  # of the backgrounds are many voices at once, the others noise
    bed_s: tuple[float, float] = (30.0, 150.0)  # until it changes
    room_share: float = 0.5  # of what is said is heard through a room
    rooms: int = 20
    speech_share: float = 0.25  # of the time: words that are none of the keywords, sentences, many voices at once
    speech_s: tuple[float, float] = (4.0, 20.0)  # how long somebody talks


@dataclass(frozen=True)
class Config:
    """All of it."""

    words: tuple[str, ...] = KEYWORDS
    front_end: FrontEnd = field(default_factory=FrontEnd)
    network: Network | Blocks = field(default_factory=Network)
    training: Training = field(default_factory=Training)
    decision: Decision = field(default_factory=Decision)
    streams: Streams = field(default_factory=Streams)
    gate: GateConfig = field(default_factory=lambda: GateConfig(open_at=7 * vad.ONE, keep_at=4 * vad.ONE, hold=50))
    lull: int = 4  # windows for which the scores of a network that fell asleep stand
    synthesis: SpeechPlan = field(default_factory=lambda: SpeechPlan(speakers=120, speech_s=40))

    @property
    def spotter(self) -> SpotterConfig:
        """The gate before the network, and how it catches up."""
        front_end = self.front_end
        return SpotterConfig(
            front_end.log_mel.outputs, front_end.step, front_end.frames, lull=self.lull, gate=self.gate
        )

    @property
    def alone(self) -> SpeechPlan:
        """The voices where there are no recordings: fewer, so that a run takes minutes; all of them for a few words."""
        few = min(self.synthesis.speakers, FEW_VOICES)
        return self.synthesis if len(self.words) <= FEW_WORDS else replace(self.synthesis, speakers=few)

    def quick(self) -> "Config":
        """Small enough for a trial of a minute; its figures mean little."""
        return replace(
            self,
            training=replace(
                self.training,
                epochs=3,
                least=400,
                honest=1,
                checkpoints=1,
                rooms=5,
                noise_s=5,
                babble_s=20,
            ),
            streams=replace(self.streams, minutes=3.0, count=1),
            synthesis=replace(self.synthesis, speakers=12, takes=1, unknown=6, speech_s=5.0, noise_s=5.0, silences=6),
        )
