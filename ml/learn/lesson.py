"""A board is shown examples, by a person or by recordings; what became of them in words."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ml.errors import UserError
from ml.learn.playing import example
from ml.link.classes import Classes, Told
from ml.link.device import CommandError, Device, SilenceError
from ml.link.messages import News, Status
from ml.progress import say

LOOK_EVERY_S = 0.2
SILENT_S = 60.0  # without an example nobody is there
LEARNT = (News.LEARNT, News.LEARNT_LIKE, News.NOT_KEPT)
REFUSED = {
    News.UNLIKE: "expected examples that are alike, found others; show the same thing each time, apart from each other",
    News.CLOSE: "expected something of its own, found examples like those of {other}; show something else, or forget "
    "that class first (--forget --label)",
    News.WORSE: "expected older answers to stay right, found that they would not: what was shown is too much like "
    "other classes, or an example was something else. It was taken back; show it again, or something else",
    News.STOPPED: "expected an example, found none; nothing was learnt",
}


def teach(device: Device, label: str, examples: int, show: Callable[[], Iterator[str]]) -> Told:
    """Lets the board learn a class from what `show` shows, which yields a name of each thing that was shown. UserError
    where it refuses; the board then has what it had before."""
    classes = Classes.of(device)
    _begin(device, classes, label, examples)
    try:
        for shown in show():
            if classes.told().news is News.BACKGROUND:
                say(f"{shown}: that is what the board saw just now when nothing was meant; it does not count")
            if not classes.status.wanted:
                break
        if classes.status.wanted:
            classes.stop()
    except BaseException:
        with contextlib.suppress(SilenceError, CommandError):
            classes.show(label, 0)  # it waits for no more
        raise
    told = classes.told()
    if told.news in LEARNT:
        return told
    why = REFUSED.get(told.news, f"expected to learn, found {told.news.name}; ask again")
    raise UserError(f"{label}: {why.format(other=named(device, told.other))}")


def _begin(device: Device, classes: Classes, label: str, examples: int) -> None:
    try:
        classes.show(label, examples)
    except CommandError as error:
        if error.status != Status.NOT_NOW:
            raise
        raise UserError(f"{device.port.name}: {_why_not_now(device)}") from None


def _why_not_now(device: Device) -> str:
    health = device.statistics().health
    if health and health.reasons and not health.answers:
        return (
            f"expected a sensor that can be believed, found one that is {', '.join(health.reasons)}; nothing that it "
            "sees is learnt. docs/health.md says what that means"
        )
    return "expected room for another class, found none; forget one: --forget --label LABEL"


def recordings(device: Device, files: Sequence[Path], sensor: str, rate_hz: float) -> Callable[[], Iterator[str]]:
    """Each file in place of the board's sensor; `rate_hz` is what is said of files that do not say it."""

    def show() -> Iterator[str]:
        for number, path in enumerate(files, 1):
            say(f"example {number} of {len(files)}: {path}")
            samples, rate_mhz = example(path, rate_hz, sensor)
            before = Classes(device).told().count
            device.inject(samples, rate_mhz)
            told = Classes(device).told()
            device.end_injection()
            if told.count == before:
                raise UserError(f"{path}: {_nothing(device)}")
            yield str(path)

    return show


def person(device: Device, examples: int) -> Callable[[], Iterator[str]]:
    """Somebody in front of the board's sensor, who is told what to do."""

    def show() -> Iterator[str]:
        classes, number, heard = Classes(device), 0, time.monotonic()
        count = classes.told().count
        say(f"show example 1 of {examples} now, then rest a second (Ctrl-C: stop)")
        while (status := classes.status).wanted:
            for _ in device.arrivals(LOOK_EVERY_S):
                pass
            told = classes.told()
            if told.count != count:
                count, heard = told.count, time.monotonic()
                yield f"example {number + 1}"
                number = status.learnt
                if classes.status.wanted:
                    say(f"show example {classes.status.learnt + 1} of {examples}")
            if time.monotonic() - heard > SILENT_S:
                raise UserError(f"{device.port.name}: {_nothing(device)}")

    return show


def _nothing(device: Device) -> str:
    health = device.statistics().health
    if health and health.reasons:
        return f"expected an example, found a sensor that is {', '.join(health.reasons)}; docs/health.md says more"
    return "expected something to be seen, found nothing; show it more clearly, with a second of rest behind it"


def named(device: Device, class_id: int | None) -> str:
    labels = device.info.labels
    return labels[class_id] if class_id is not None and class_id < len(labels) else "another"
