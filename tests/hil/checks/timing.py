"""The stream `timing` says of every window what telemetry says of all of them together."""

from dataclasses import dataclass

import numpy as np

from ml.link.device import Device
from ml.link.messages import Command, Cycles, Telemetry
from ml.link.session import Data
from tests.hil.checks.waiting import forget_what_came
from tests.hil.truths import Truth

STAGES = ("frontend", "inference", "decide")
NAMES = ("window", "awake", *STAGES, "latency", "slept")
SLACK_US = 1000  # between two looks at the clock on the way of a row, those of a slow board too


@dataclass(frozen=True)
class Rows:
    """A row a window."""

    values: np.ndarray  # uint32 (n, 7)
    sample_us: np.ndarray  # (n,) device time of each window's last sample

    def __getitem__(self, name: str) -> np.ndarray:
        return self.values[:, NAMES.index(name)].astype(np.int64)

    @property
    def sent_us(self) -> np.ndarray:
        return self.sample_us + self["latency"]


def rows_agree_with_telemetry(device: Device, truth: Truth) -> None:
    """Over a stream that is injected: every window has a row, and together they are the counters."""
    rows, counted = timed(device, truth)
    _count_the_windows(rows, counted)
    for name in STAGES:
        asked = rows[name][rows["awake"] == 1] if name == "inference" else rows[name]
        _are_the_counters(name, asked, getattr(counted, name))
    _latency_holds_the_work(rows, device.info.cycles_hz)
    _sleep_fits(rows, counted)


def timed(device: Device, truth: Truth) -> tuple[Rows, Telemetry]:
    """Rows and counters of exactly this stream."""
    stream = next((one for one in device.info.streams if one.name == "timing"), None)
    assert stream is not None, "expected a stream `timing`, found none"
    assert tuple(channel.name for channel in stream.channels) == NAMES
    device.command(Command.INJECT_BEGIN, bytes(4))  # the sensor makes no windows meanwhile
    device.start(stream.id)
    device.command(Command.RESET_STATS)
    forget_what_came(device)
    device.inject(truth.stream.samples, truth.stream.rate_mhz)
    counted = device.statistics()
    device.stop(stream.id)
    device.end_injection()
    came = [a for a in device.arrivals(0) if isinstance(a.message, Data) and a.message.stream.id == stream.id]
    assert came, "expected rows of `timing`, found none"
    assert all(len(one.message.samples) == 1 for one in came), "expected a frame for each row"
    assert not any(one.message.lost for one in came)
    values = np.concatenate([one.message.samples for one in came])
    return Rows(values, np.array([one.time_us for one in came])), counted


def _count_the_windows(rows: Rows, counted: Telemetry) -> None:
    windows, awake = len(rows.values), int(rows["awake"].sum())
    assert windows == counted.windows, f"expected a row for each of {counted.windows} windows, found {windows}"
    assert set(np.diff(rows["window"])) <= {1}, "windows are counted one by one"
    assert awake == counted.windows - counted.asleep, f"{awake} rows say that the network ran"


def _are_the_counters(name: str, cycles: np.ndarray, counted: Cycles) -> None:
    found = (int(cycles[-1]), int(cycles.min()), int(cycles.max()))
    expected = (counted.last, counted.min, counted.max)
    assert found == expected, f"{name}: expected last, least, most {expected} cycles, found {found} in the rows"


def _latency_holds_the_work(rows: Rows, cycles_hz: int) -> None:
    """After the last sample come inference and decision, before the row."""
    work_us = (rows["inference"] + rows["decide"]) * 1e6 / cycles_hz
    short = work_us - rows["latency"]
    assert short.max() <= SLACK_US, f"a latency is {short.max():.0f} us shorter than the work"


def _sleep_fits(rows: Rows, counted: Telemetry) -> None:
    """Between two rows no more than the time between them, and in sum what telemetry has."""
    between = np.diff(rows.sent_us)
    assert (rows["slept"][1:] <= between + SLACK_US).all(), "slept longer than there was time"
    slept, before_and_after = int(rows["slept"][1:].sum()), counted.since_us - int(between.sum())
    assert slept <= counted.slept_us + SLACK_US <= slept + before_and_after + 2 * SLACK_US, (
        f"rows slept {slept} us, telemetry {counted.slept_us} us of {counted.since_us}"
    )
    assert counted.duty is not None
    assert 0 <= counted.duty <= 1
