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
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.data.audio import read_audio, resample_audio, write_audio
from ml.data.recordings import saturate
from ml.errors import UserError
from ml.evaluate.streams import Tally, judge
from ml.kept import remade
from ml.keyword_spotting.app import KeywordSpotting
from ml.keyword_spotting.augmentation import RATE_HZ
from ml.paths import ROOT
from ml.progress import say, track
from ml.trial.committed import Committed, committed
from tools.studies.keyword_conditions import alarms, aloud, over_noise

SHORTEST_S = 0.3  # what is shorter is a tone
MINUTE_S = 60
MOST = 1 << 20  # bytes of a list of prompts
PACKAGE, SHARE_ALIKE = "asterisk-core-sounds", "CC BY-SA 3.0"
LICENCES = {"it": "CC BY 3.0", "ru": "CC BY 3.0"}  # of a language, as the packages say
SOUNDS, TEXTS = "usr/share/asterisk/sounds", "usr/share/doc"
NOT_SPEECH = ("silence",)  # folders


def texts(folder: Path) -> dict[str, dict[str, str]]:
    """Language -> name of a prompt -> what is said."""
    found = {}
    for file in sorted((folder / TEXTS).glob("asterisk-core-sounds-*/core-sounds-*.txt.gz")):
        lines = _unpacked(file).decode(errors="replace").splitlines()
        rows = (line.partition(":") for line in lines if ":" in line and not line.startswith(";"))
        found[file.name.split("-")[2].partition(".")[0]] = {name.strip(): said.strip() for name, _, said in rows}
    return found


def _unpacked(file: Path) -> bytes:
    try:
        with gzip.open(file) as packed:
            return packed.read(MOST)
    except (OSError, EOFError, zlib.error):
        raise UserError(f"{file}: expected a text packed by gzip, found none; unpack the package again") from None


def prompts(voice: Path, written: dict[str, str], words: tuple[str, ...]) -> Iterator[np.ndarray]:
    """The sentences of a voice in which no keyword is written, nor anything else than speech: float (n,), at the front
    end's rate."""
    keyword = re.compile(rf"\b({'|'.join(words)})\b", re.IGNORECASE)
    for file in sorted(voice.rglob("*.wav")):
        name = file.relative_to(voice).with_suffix("").as_posix()
        text = written.get(name, "")
        if name.split("/")[0] in NOT_SPEECH or not text or text[0] in "[(" or keyword.search(text):
            continue
        samples, rate_hz = read_audio(file)
        if len(samples) > SHORTEST_S * rate_hz and samples.any():
            yield resample_audio(samples, rate_hz, RATE_HZ).astype(float)


def judged(spoken: list[np.ndarray], shipped: Committed, labels: list[str]) -> tuple[Tally, Counter[str]]:
    """Prompts one after the other: the counts, and how often each word was heard."""
    chance = np.random.default_rng(3)
    stream = over_noise(np.concatenate([piece for one in spoken for piece in aloud(one, chance)]), chance)
    tally, events = judge(shipped.app.score(stream, shipped.model), labels, shipped.config, 0.0)
    return tally, Counter(one.label for one in events)


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
        spoken = [(voice, list(prompts(voice, written[voice.name[:2]], app.config.words))) for voice in voices]
        remade(to, lambda scratch: write(scratch, spoken), "keyword_prompts.py")
        say(f"wrote {to}")
        return
    shipped = committed(app, Path(header) if header else ROOT / "lib" / f"{app.name}_model")
    labels = [one.decode() for one in shipped.model.model.label[: shipped.model.model.classes]]
    shown = Table("voice", "prompts", "false alarms (95 %)", "heard")
    whole = Tally()
    for voice in track(voices, "voices", len(voices)):
        spoken = list(prompts(voice, written[voice.name[:2]], app.config.words))
        tally, words = judged(spoken, shipped, labels)
        named = ", ".join(f"{word} {count}" for word, count in words.most_common())
        shown.add_row(voice.name, f"{len(spoken)}", alarms(tally), named)
        whole += tally
    shown.add_row("all", "", alarms(whole), "")
    (Console() if sys.stdout.isatty() else Console(width=110)).print(shown)


def write(to: Path, voices: list[tuple[Path, list[np.ndarray]]]) -> None:
    """Recordings of about a minute, as `_speech_` of a data set; who speaks two languages is one subject. By these
    names the split of `keyword_spotting` lets the two voices of an open licence train, June tune and Allison judge."""
    rows = []
    for voice, spoken in track(voices, "voices", len(voices)):
        seconds = np.cumsum([len(one) / RATE_HZ for one in spoken])
        for number in range(int(seconds[-1] // MINUTE_S) + 1):
            some = [one for one, at in zip(spoken, seconds, strict=True) if at // MINUTE_S == number]
            if some:
                file = f"{voice.name}/{number:02d}.flac"
                (to / voice.name).mkdir(parents=True, exist_ok=True)
                write_audio(to / file, saturate(np.concatenate(some)), RATE_HZ)
                subject = f"pbx_{voice.name.split('_')[-1].lower()}_prompts"
                rows.append((file, "_speech_", subject, RATE_HZ, PACKAGE, LICENCES.get(voice.name[:2], SHARE_ALIKE)))
    with (to / "manifest.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("file", "label", "subject", "sample_rate_hz", "source", "licence"), *rows])


if __name__ == "__main__":
    run_cli(main, "keyword_prompts.py")
