#!/usr/bin/env python3
"""Words of people who neither trained nor tuned, in noise and as a wrong microphone gives them, at the operating point
of the header: how many the shipped model misses, and how often it hears a word where nobody says one.

python tools/studies/keyword_conditions.py DIR...   # the folders that --data named in the run
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

from ml.cli import Between, run_cli
from ml.data.manifest import Dataset
from ml.data.recordings import saturate
from ml.data.streams import Stream, Truth
from ml.errors import UserError
from ml.evaluate.intervals import garwood, wilson
from ml.evaluate.streams import Tally, judge
from ml.keyword_spotting.app import KeywordSpotting
from ml.keyword_spotting.augmentation import RATE_HZ
from ml.keyword_spotting.clips import Clip, clips, recorded, rms, speech
from ml.paths import ROOT
from ml.trial.committed import Committed, committed
from ml.trial.disturbances import babble_track, table

EVERY_S = 4.0  # a word
WORD_RMS = 1500.0  # counts: 27 dB below full scale
QUIET_RMS = 10.0  # of the microphone's own noise, counts
FADE = 400  # samples at both ends of a clip, so that its own background does not begin with a click
VOICES = 8  # at once, of babble


@dataclass(frozen=True)
class Said:
    """Words at known times, nothing else."""

    samples: np.ndarray  # float (n,)
    truth: tuple[Truth, ...]


def words(data: Dataset, app: KeywordSpotting) -> Said:
    """One every four seconds, in random order."""
    found = [one for one in recorded(clips(data, app.config.words)) if one.label < len(app.config.words)]
    if not found:
        raise UserError("expected people who say keywords and neither trained nor tuned, found none; give more folders")
    chance, every = np.random.default_rng(1), round(EVERY_S * RATE_HZ)
    samples, truth = np.zeros(every * len(found)), []
    for number, place in enumerate(chance.permutation(len(found))):
        clip, fade = found[place], np.hanning(2 * FADE)
        sound = clip.samples[: every - 2 * FADE] * (WORD_RMS / rms(clip.word))
        sound[:FADE] *= fade[:FADE]
        sound[-FADE:] *= fade[FADE:]
        at = number * every + int(chance.integers(0, every - len(sound)))
        samples[at : at + len(sound)] += sound
        truth.append(Truth(app.config.words[clip.label], at + clip.start, at + clip.end))
    return Said(samples, tuple(truth))


def conditions(said: Said, others: list[np.ndarray]) -> Iterator[tuple[str, Stream]]:
    """The words under each condition of `ml robustness`, over a microphone's own noise."""
    chance = np.random.default_rng(2)
    plain = saturate(said.samples + chance.normal(0, QUIET_RMS, len(said.samples)))[:, None]
    spans = [(one.start, one.end) for one in said.truth]
    crowd = babble_track(others, chance, VOICES) if others else None
    for number, (name, under) in enumerate(table("mic", voices=bool(others), gravity=False).items()):
        made = under.apply(plain, "mic", RATE_HZ * 1000, (2, number), spans=spans, babble=crowd)
        moved = zip(said.truth, under.moved(spans), strict=True)
        truth = tuple(Truth(one.label, start, end) for one, (start, end) in moved)
        yield name, Stream("words", made, RATE_HZ * 1000, truth, "mic")


def _stream(samples: np.ndarray, truth: tuple[Truth, ...]) -> Stream:
    return Stream("words", saturate(samples)[:, None], RATE_HZ * 1000, truth, "mic")


def without_words(data: Dataset, hours: float) -> Stream:
    """Speech of the same people without a keyword, one recording after the other, at changing levels."""
    found, chance = speech(data), np.random.default_rng(3)
    if not found:
        raise UserError("expected recordings of speech without keywords, found none; give more folders")
    pieces, wanted = [], round(hours * 3600 * RATE_HZ)
    while sum(map(len, pieces)) < wanted:
        pieces += aloud(found[chance.integers(len(found))], chance)
    return over_noise(np.concatenate(pieces)[:wanted], chance)


def aloud(sound: np.ndarray, chance: np.random.Generator) -> list[np.ndarray]:
    """A sentence at a level of its own, and a second of silence."""
    return [sound * (WORD_RMS * 10 ** (chance.normal(0, 4) / 20) / rms(sound)), np.zeros(RATE_HZ)]


def over_noise(samples: np.ndarray, chance: np.random.Generator) -> Stream:
    """Without keywords, over a microphone's own noise."""
    return _stream(samples + chance.normal(0, QUIET_RMS, len(samples)), ())


def outcome(stream: Stream, shipped: Committed, labels: list[str]) -> Tally:
    scored = shipped.app.score(stream, shipped.model)
    return judge(scored, labels, shipped.config, shipped.app.decision.tolerance_s)[0]


def alarms(tally: Tally) -> str:
    low, high = garwood(tally.false, tally.hours)
    return f"{tally.false} in {tally.hours:.2f} h ({low:.1f} to {high:.1f} an hour)"


def _row(name: str, tally: Tally) -> list[str]:
    if not tally.movements:
        return [name, "", alarms(tally)]
    share = [100 * one for one in wilson(tally.misses, tally.movements)]
    return [name, f"{tally.misses / tally.movements:.1%} ({share[0]:.0f} to {share[1]:.0f})", alarms(tally)]


def _voices(data: Dataset, app: KeywordSpotting) -> list[np.ndarray]:
    found: list[Clip] = recorded(clips(data, app.config.words))
    return [one.word for one in found if one.label == len(app.config.words)]


@click.command()
@click.argument("data", nargs=-1, required=True, type=click.Path(file_okay=False))
@click.option("--hours", type=Between(0.01), default=2.0, show_default=True, help="Of speech without keywords.")
@click.option("--header", type=click.Path(file_okay=False), help="Folder of another header.")
def main(data: tuple[str, ...], hours: float, header: str | None) -> None:
    """Words missed and false alarms under each condition."""
    app = KeywordSpotting()
    loaded = app.recorded(tuple(Path(one) for one in data))
    test = loaded.of(app.split(loaded, ()).test)
    shipped = committed(app, Path(header) if header else ROOT / "lib" / f"{app.name}_model")
    labels = shipped.labels(loaded)
    shown = Table("condition", "words missed (95 %)", "false alarms (95 %)")
    for name, stream in conditions(words(test, app), _voices(test, app)):
        shown.add_row(*_row(name, outcome(stream, shipped, labels)))
    shown.add_row(*_row("speech without keywords", outcome(without_words(test, hours), shipped, labels)))
    (Console() if sys.stdout.isatty() else Console(width=110)).print(shown)


if __name__ == "__main__":
    run_cli(main, "keyword_conditions.py")
