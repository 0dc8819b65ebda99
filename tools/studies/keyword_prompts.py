#!/usr/bin/env python3
"""Hours of sentences that people read aloud, in several languages, without a keyword: how often does the shipped model
hear one?

Debian's packages of telephone prompts are such sentences (asterisk-core-sounds, CC BY-SA 3.0, the Russian and Italian
ones CC BY 3.0). They have 8 kHz, so nothing lies above 4 kHz, where the front end ends too.

for L in en es fr it ru; do apt-get download asterisk-core-sounds-$L asterisk-core-sounds-$L-wav; done
for F in *.deb; do dpkg -x $F build/prompts; done
python tools/studies/keyword_prompts.py build/prompts                           # judges
python tools/studies/keyword_prompts.py build/prompts --to build/talk           # a folder for --data of `ml run`
"""

import csv
import gzip
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.data.audio import read_audio, resample_audio, write_audio
from ml.data.recordings import saturate
from ml.data.streams import Stream
from ml.errors import UserError
from ml.evaluate.intervals import garwood
from ml.evaluate.streams import judge
from ml.keyword_spotting.app import KeywordSpotting
from ml.keyword_spotting.augmentation import RATE_HZ
from ml.keyword_spotting.clips import rms
from ml.paths import ROOT
from ml.progress import say, track
from ml.trial.committed import Committed, committed

SPEECH_RMS, QUIET_RMS = 1500.0, 10.0  # counts: of a prompt, of the microphone's own noise
PAUSE_S = 1.0
SHORTEST_S = 0.3  # what is shorter is a tone
MINUTE_S = 60
PACKAGE, SHARE_ALIKE = "asterisk-core-sounds", "CC BY-SA 3.0"
LICENCES = {"it": "CC BY 3.0", "ru": "CC BY 3.0"}  # of a language, as the packages say
SOUNDS, TEXTS = "usr/share/asterisk/sounds", "usr/share/doc"
NOT_SPEECH = ("silence",)  # folders


@dataclass(frozen=True)
class Prompt:
    """A sentence of a voice."""

    name: str  # "digits/7"
    samples: np.ndarray  # float (n,), at the front end's rate


def texts(folder: Path) -> dict[str, dict[str, str]]:
    """Language -> name of a prompt -> what is said."""
    found = {}
    for file in sorted((folder / TEXTS).glob("asterisk-core-sounds-*/core-sounds-*.txt.gz")):
        lines = gzip.decompress(file.read_bytes()).decode(errors="replace").splitlines()
        rows = (line.partition(":") for line in lines if ":" in line and not line.startswith(";"))
        found[file.name.split("-")[2].partition(".")[0]] = {name.strip(): said.strip() for name, _, said in rows}
    return found


def prompts(voice: Path, said: dict[str, str], words: tuple[str, ...]) -> Iterator[Prompt]:
    """The sentences of a voice in which no keyword is written, nor anything else than speech."""
    keyword = re.compile(rf"\b({'|'.join(words)})\b", re.IGNORECASE)
    for file in sorted(voice.rglob("*.wav")):
        name = file.relative_to(voice).with_suffix("").as_posix()
        text = said.get(name, "")
        if name.split("/")[0] in NOT_SPEECH or not text or text[0] in "[(" or keyword.search(text):
            continue
        samples, rate_hz = read_audio(file)
        if len(samples) > SHORTEST_S * rate_hz and samples.any():
            yield Prompt(name, resample_audio(samples, rate_hz, RATE_HZ).astype(float))


def stream(spoken: list[Prompt]) -> tuple[Stream, list[int]]:
    """The prompts one after the other, over a microphone's own noise; and where each of them begins."""
    chance, pause = np.random.default_rng(3), np.zeros(round(PAUSE_S * RATE_HZ))
    pieces, at, start = [], [], 0
    for one in spoken:
        level = SPEECH_RMS * 10 ** (chance.normal(0, 4) / 20) / rms(one.samples)
        at.append(start)
        pieces += [one.samples * level, pause]
        start += len(one.samples) + len(pause)
    made = np.concatenate(pieces)
    quiet = chance.normal(0, QUIET_RMS, len(made))
    return Stream("prompts", saturate(made + quiet)[:, None], RATE_HZ * 1000, (), "mic"), at


def heard(spoken: list[Prompt], shipped: Committed, labels: list[str]) -> tuple[float, list[tuple[str, str]]]:
    """Hours, and each event with the prompt in which it came."""
    made, at = stream(spoken)
    tally, events = judge(shipped.app.score(made, shipped.model), labels, shipped.config, 0.0)
    where = [spoken[int(np.searchsorted(at, one.sample, side="right")) - 1].name for one in events]
    return tally.hours, [(one.label, name) for one, name in zip(events, where, strict=True)]


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, exists=True, path_type=Path))
@click.option("--header", type=click.Path(file_okay=False), help="Folder of another header.")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), help="Write a data set, and judge nothing.")
def main(folder: Path, header: str | None, to: Path | None) -> None:
    """False alarms in an hour of read speech, by voice."""
    app, written = KeywordSpotting(), texts(folder)
    voices = [one for one in sorted((folder / SOUNDS).glob("*")) if one.name[:2] in written]
    if not voices:
        raise UserError(f"expected asterisk-core-sounds packages with their texts in {folder}, found none; see --help")
    if to:
        write(to, [(voice, list(prompts(voice, written[voice.name[:2]], app.config.words))) for voice in voices])
        return
    shipped = committed(app, Path(header) if header else ROOT / "lib" / f"{app.name}_model")
    labels = [one.decode() for one in shipped.model.model.label[: shipped.model.model.classes]]
    shown = Table("voice", "prompts", "false alarms (95 %)", "heard")
    hours, all_events = 0.0, 0
    for voice in track(voices, "voices", len(voices)):
        spoken = list(prompts(voice, written[voice.name[:2]], app.config.words))
        took, events = heard(spoken, shipped, labels)
        hours, all_events = hours + took, all_events + len(events)
        named = ", ".join(f"{word} {count}" for word, count in Counter(word for word, _ in events).most_common())
        shown.add_row(voice.name, f"{len(spoken)}", alarms(len(events), took), named)
    shown.add_row("all", "", alarms(all_events, hours), "")
    (Console() if sys.stdout.isatty() else Console(width=110)).print(shown)


def write(to: Path, voices: list[tuple[Path, list[Prompt]]]) -> None:
    """Recordings of about a minute, as `_speech_` of a data set; who speaks two languages is one subject. By these
    names the split of `keyword_spotting` lets the two voices of an open licence train, June tune and Allison judge."""
    rows = []
    for voice, spoken in track(voices, "voices", len(voices)):
        seconds = np.cumsum([len(one.samples) / RATE_HZ for one in spoken])
        for number in range(int(seconds[-1] // MINUTE_S) + 1):
            some = [one.samples for one, at in zip(spoken, seconds, strict=True) if at // MINUTE_S == number]
            if some:
                file = f"{voice.name}/{number:02d}.flac"
                (to / voice.name).mkdir(parents=True, exist_ok=True)
                write_audio(to / file, saturate(np.concatenate(some)), RATE_HZ)
                subject = f"pbx_{voice.name.split('_')[-1].lower()}_prompts"
                rows.append((file, "_speech_", subject, RATE_HZ, PACKAGE, LICENCES.get(voice.name[:2], SHARE_ALIKE)))
    with (to / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "label", "subject", "sample_rate_hz", "source", "licence"), *rows])
    say(f"wrote {to}: {len(rows)} recordings")


def alarms(count: int, hours: float) -> str:
    low, high = garwood(count, hours)
    return f"{count} in {hours:.2f} h ({low:.1f} to {high:.1f} an hour)"


if __name__ == "__main__":
    run_cli(main, "keyword_prompts.py")
