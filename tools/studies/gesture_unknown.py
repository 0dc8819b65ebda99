"""Counts how often the committed model names movement that is none of its gestures.

python tools/studies/gesture_unknown.py --data DIR      # recordings of anything else, whatever their labels

Every recording goes through front end, gate, network and decision in C by itself, with rest before and after it.
"""

import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.data.manifest import Item, Wanted, load
from ml.data.streams import Stream
from ml.evaluate.intervals import garwood
from ml.evaluate.streams import detect
from ml.gesture_recognition.presentation import at_rest_around
from ml.paths import ROOT
from ml.pipeline.contract import find
from ml.progress import console
from ml.trial.committed import Committed, committed

NAME = "gesture_recognition"
REST_S = 1.5  # on both sides: a window and a little more


@dataclass
class Heard:
    """What recordings of one kind came to."""

    hours: float = 0.0
    windows: int = 0
    awake: int = 0
    events: tuple[str, ...] = ()

    def __iadd__(self, other: "Heard") -> "Heard":
        self.hours, self.windows = self.hours + other.hours, self.windows + other.windows
        self.awake, self.events = self.awake + other.awake, self.events + other.events
        return self


@click.command()
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False), help="Folder with recordings.")
@click.option("--by", default="activity", show_default=True, help="Column of the manifest to sort by; else the label.")
def unknown(data: str, by: str) -> None:
    """Count what is detected where there is nothing to detect."""
    made = committed(find(NAME), ROOT / "lib" / f"{NAME}_model")
    heard: dict[str, Heard] = defaultdict(Heard)
    for item in load(Path(data), Wanted("imu")).items:
        heard[item.more.get(by) or item.label] += listen(made, item)
    total = Heard()
    for one in heard.values():
        total += one
    console.print(table({**dict(sorted(heard.items())), "all": total}))


def listen(made: Committed, item: Item) -> Heard:
    """One recording with rest around it."""
    rate = item.recording.rate_mhz
    rest = round(REST_S * rate / 1000)
    stream = Stream(item.subject, at_rest_around(item.recording, rest, rest), rate, ())
    scored = made.app.score(stream, made.model)
    labels = [made.model.model.label[i].decode() for i in range(made.model.model.classes)]
    events = tuple(one.label for one in detect(scored, labels, made.config))
    awake = np.ones(len(scored.scores), bool) if scored.awake is None else scored.awake
    return Heard(stream.hours, len(awake), int(np.count_nonzero(awake)), events)


def table(heard: dict[str, Heard]) -> Table:
    made = Table(title="events in movement that is no gesture", title_justify="left")
    for name in ("movement", "hours", "awake", "events", "an hour (95 %)", "which"):
        made.add_column(name, justify="left" if name in ("movement", "which") else "right", no_wrap=True)
    for name, one in heard.items():
        low, high = garwood(len(one.events), one.hours)
        rate = f"{len(one.events) / one.hours:.1f} ({low:.1f} to {high:.1f})" if one.hours else ""
        which = ", ".join(sorted(set(one.events))) if name != "all" else ""
        share = f"{one.awake / max(1, one.windows):.0%}"
        made.add_row(name, f"{one.hours:.2f}", share, str(len(one.events)), rate, which)
    return made


if __name__ == "__main__":
    unknown()
