"""Reads a board's inferences over its link while a meter measures the board."""

from __future__ import annotations

import dataclasses
import threading
import time
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.link.device import Device
from ml.link.messages import Info, Stream
from ml.link.session import Data
from tools.energy.align import Alignment
from tools.energy.windows import Spans
from tools.latency_log.follow import Follower, timing_stream

LISTEN_S = 0.1


@dataclass(frozen=True)
class Seen:
    """A measurement from the board's side; times in seconds of its clock."""

    tells: bool  # its firmware has the stream
    inferences: int
    lost: int  # rows of the stream that never came
    busy: np.ndarray  # (n, 2): network and decision of each window in which the network ran
    network: np.ndarray  # (n, 2): the network alone, what board_mark() marks
    awake: np.ndarray  # (m, 2): each window's front end, network and decision, and where rows are missing
    ahead_s: float  # computer's time.monotonic() less the board's clock, as the quickest frame tells; nan: no row

    def windows(self, alignment: Alignment, rate_hz: float, samples: int) -> tuple[Spans, Spans]:
        """In samples of the meter: those networks that it saw whole, and all where the board may not have slept."""
        network = alignment.to_meter(self.network) * rate_hz
        inside = network[(network[:, 0] >= 0) & (network[:, 1] <= samples)]
        awake = np.clip(alignment.to_meter(self.awake) * rate_hz, 0, samples)
        return [tuple(span) for span in inside.tolist()], [tuple(span) for span in awake.tolist()]


def _timing(info: Info, port: str) -> Stream | None:
    """Older firmware has none, or another."""
    try:
        return timing_stream(info, port)
    except UserError:
        return None


def _require_same(stream: Stream, before: Stream) -> None:
    if (stream.format, stream.channels) != (before.format, before.channels):
        raise UserError("expected the board's streams to stay as they are, found others; measure again")


class Watch:
    """The board at a link port, between `start` and `stop`."""

    def __init__(self, port: str) -> None:
        self.device = Device.open(port)
        self.stream = _timing(self.device.info, port)
        self._follower = Follower()
        self._rows: list[tuple[int, ...]] = []
        self._ahead_s = float("inf")
        self._error: UserError | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._before = 0

    def start(self) -> None:
        self._before = self._inferences()
        if self.stream:
            self.device.start(self.stream.id)
            self._thread.start()

    def _inferences(self) -> int:
        now = self.device.statistics()
        return now.windows - now.asleep

    def _listen(self) -> None:
        try:
            while not self._over.is_set():
                for arrival in self.device.arrivals(LISTEN_S):
                    message = arrival.message
                    if self.stream and isinstance(message, Data) and message.stream.id == self.stream.id:
                        _require_same(message.stream, self.stream)
                        self._rows += self._follower.take(arrival.time_us, message)
                        self._ahead_s = min(self._ahead_s, time.monotonic() - arrival.time_us * 1e-6)
        except UserError as error:
            self._error = error

    def stop(self) -> Seen:
        self._end()
        if self._error:
            raise self._error
        if self.device.session.restarts:
            raise UserError("expected the board to keep running, found that it restarted meanwhile; measure again")
        made = self._inferences() - self._before
        if self.stream:
            self.device.stop(self.stream.id)
        told = seen(self._rows, self.device.info.cycles_hz, made, self._follower.lost, self._ahead_s)
        return dataclasses.replace(told, tells=self.stream is not None)

    def _end(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def close(self) -> None:
        self._end()
        self.device.close()


def seen(rows: list[tuple[int, ...]], cycles_hz: int, inferences: int, lost: int, ahead_s: float) -> Seen:
    """`rows` as tools/latency_log/log.py names their columns."""
    table = np.array(rows, float).reshape(-1, 10)
    _, time_us, _, before, awake, frontend, network, decide, latency_us, _ = table.T
    end = (time_us + latency_us) * 1e-6
    frontend, network, decide = (cycles / cycles_hz for cycles in (frontend, network, decide))
    start = np.minimum(end, np.maximum(end - decide - network, np.concatenate([[-np.inf], end[:-1]])))
    ran = awake.astype(bool)
    spans = np.stack([start - frontend, end], 1)
    gaps = np.flatnonzero(before > 0)
    gaps = gaps[gaps > 0]
    outside = [[-np.inf, start[0] - frontend[0]], [end[-1], np.inf]] if len(table) else [[-np.inf, np.inf]]
    unknown = np.concatenate([np.stack([end[gaps - 1], start[gaps]], 1), np.array(outside)])
    return Seen(
        tells=True,
        inferences=inferences,
        lost=lost,
        busy=np.stack([start, end], 1)[ran],
        network=np.stack([start, end - decide], 1)[ran],
        awake=np.concatenate([spans, unknown]),
        ahead_s=ahead_s,
    )
