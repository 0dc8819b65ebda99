#!/usr/bin/env python3
"""Counts the words that the voice-activity gate lets through, and how long it lets the network sleep.

python tools/studies/voice_activity.py DIR   # a folder of words and noises with a manifest.csv
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.data.manifest import Dataset, Wanted, load
from ml.data.recordings import saturate
from ml.data.synthesis.speech import NOISE
from ml.errors import UserError
from ml.keyword_spotting.clips import Clip, clips
from ml.keyword_spotting.config import Config
from ml.native.gate import gates
from ml.native.logmel import log_mel
from ml.native.vad import levels

SECONDS = (0.1, 3600.0)  # of a recording
EVERY_S = 4.0  # a word
WORD_RMS = 1500.0  # counts
LEVEL_DB = 3.0  # standard deviation of the words'
QUIET_RMS = 20.0  # of the microphone's own noise, counts
SNR_DB = (20, 10)
FADE = 400  # samples at both ends of a clip, so that its own background does not begin with a click


@dataclass(frozen=True)
class Outcome:
    """Of one background."""

    background: str
    words: int
    kept: int  # all of the word lies in windows of the network
    asleep: float  # share of the time outside of words and of the hold after them
    duty: float  # share of all time in which the gate is open


def outcomes(words: list[Clip], backgrounds: dict[str, np.ndarray], config: Config) -> Iterator[Outcome]:
    """The words, one every four seconds, in each background alone and at each signal-to-noise ratio."""
    chance = np.random.default_rng(1)
    speech, spans = _speech(words, config, chance)
    quiet = chance.normal(0, QUIET_RMS, len(speech))
    yield _outcome("quiet room", speech + quiet, spans, config)
    for name, noise in backgrounds.items():
        for snr in SNR_DB:
            rms = WORD_RMS * 10 ** (-snr / 20)
            long = np.resize(noise, len(speech)) * (rms / max(1e-9, np.sqrt(np.mean(np.square(noise)))))
            yield _outcome(f"{name}, {snr} dB", speech + quiet + long, spans, config)


def _speech(words: list[Clip], config: Config, chance: np.random.Generator) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """The words at about one level, and the samples in which each is spoken."""
    every = round(EVERY_S * config.front_end.log_mel.rate_hz)
    speech, spans = np.zeros(every * len(words)), []
    fade = np.hanning(2 * FADE)
    for number, clip in enumerate(words):
        samples = clip.samples * (WORD_RMS / max(1.0, np.sqrt(np.mean(np.square(clip.word.astype(float))))))
        samples[:FADE] *= fade[:FADE]
        samples[-FADE:] *= fade[FADE:]
        at = number * every + int(chance.integers(0, every - len(samples)))
        speech[at : at + len(samples)] += samples * 10 ** (chance.normal(0, LEVEL_DB) / 20)
        spans.append((at + clip.start, at + clip.end))
    return speech, spans


def _outcome(name: str, sound: np.ndarray, spans: list[tuple[int, int]], config: Config) -> Outcome:
    spotter, hop = config.spotter, config.front_end.log_mel.hop
    frames = log_mel([saturate(sound)], config.front_end.log_mel).frames[0]
    opened = gates(levels([frames], spotter.voice)[0], spotter.gate)
    kept, pause = 0, np.ones(len(opened), bool)
    for start, end in spans:
        first, last = start // hop, min(end // hop, len(opened) - 1)
        pause[first : last + spotter.gate.hold + 2] = False
        heard = np.flatnonzero(opened[first : last + 1])
        before = first + heard[0] - spotter.rows if len(heard) else last + 1  # the network sees a window back
        kept += bool(before < first and opened[first + heard[0] : last + 1].all())
    return Outcome(name, len(spans), kept, 1 - opened[pause].mean(), opened.mean())


def backgrounds_of(data: Dataset, rate_hz: int) -> dict[str, np.ndarray]:
    """Steady noise, and what was recorded."""
    white = np.random.default_rng(2).normal(0, 1, 30 * rate_hz)
    shape = np.maximum(np.arange(len(white) // 2 + 1), 1) ** -0.5
    made = {"white noise": white, "pink noise": np.fft.irfft(np.fft.rfft(white) * shape, len(white))}
    recorded = [item for item in data.items if item.label == NOISE]
    return made | {Path(item.file).stem: item.recording.samples[:, 0].astype(float) for item in recorded}


@click.command()
@click.argument("data", type=click.Path(file_okay=False))
@click.option("--words", "count", type=click.IntRange(1), default=300, show_default=True, help="How many of them.")
def main(data: str, count: int) -> None:
    """Words heard whole, and time asleep, in several backgrounds."""
    config = Config()
    rate_hz = config.front_end.log_mel.rate_hz
    loaded = load(Path(data), Wanted("mic", rate_hz=rate_hz, seconds=SECONDS))
    found = [one for one in clips(loaded, config.words) if one.label < len(config.words)]
    if not found:
        raise UserError(f"{data}: expected recordings of {', '.join(config.words)}, found none; give another folder")
    chosen = [found[at] for at in np.random.default_rng(3).permutation(len(found))[:count]]
    backgrounds = backgrounds_of(loaded, rate_hz)
    table = Table("background", "words heard whole", "asleep in pauses", "gate open in all")
    for one in outcomes(chosen, backgrounds, config):
        table.add_row(one.background, f"{one.kept} of {one.words}", f"{one.asleep:.0%}", f"{one.duty:.0%}")
    (Console() if sys.stdout.isatty() else Console(width=100)).print(table)


if __name__ == "__main__":
    run_cli(main, "voice_activity.py")
