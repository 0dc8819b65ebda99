"""One stream within a take: files without a hole, and a new file after each gap."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ml.capture import files
from ml.capture.clock import RateFit
from ml.capture.events import Block, Stream

BEGUN_ANEW_US = 5e6  # so far back the board's clock has begun anew, and is not only a block from before the take


@dataclass
class Piece:
    """One file."""

    number: int
    file: str  # as the manifest names it
    path: Path
    start_us: int
    lost_before: int
    lost_after: int = 0
    samples: int = 0
    period_us: float = 0.0  # as the reader of the line last measured it
    rate: RateFit = field(default_factory=RateFit)
    _writer: files.Wav | files.Csv | None = None

    @property
    def writer(self) -> files.Wav | files.Csv:
        """Of the file, once that is created."""
        if self._writer is None:
            raise RuntimeError(f"{self.path}: expected a file that was created")
        return self._writer

    def create(self, stream: Stream) -> None:
        self._writer = files.create(self.path, stream)

    def add(self, values: np.ndarray, time_us: float, period_us: float) -> None:
        times = np.rint(time_us + period_us * np.arange(len(values))).astype(np.int64)
        self.writer.add(values, times)
        self.rate.add(self.samples, round(time_us))
        self.samples += len(values)
        self.period_us = period_us

    def close(self) -> None:
        self.writer.close()


class StreamTake:
    """From `start_us` on, `wanted` samples of a stream (None: until it is stopped), those that are lost counted."""

    def __init__(
        self,
        stream: Stream,
        start_us: int,
        wanted: int | None,
        stem: str,
        place: Callable[[str], Path],
        announce: Callable[["StreamTake"], None],
    ) -> None:
        """`place` finds the path of a file, `announce` is called when a piece has been added and before its file is."""
        self.stream = stream
        self.pieces: list[Piece] = []
        self._start_us = start_us
        self._began_us = 0.0  # device time of the first sample, once it is there
        self._wanted = wanted
        self._stem, self._place, self._announce = stem, place, announce
        self._position: int | None = None  # samples since the first, None before it
        self._arrival_s = 0.0
        self._missing = 0  # samples between the last piece and the next
        self._broken = False  # the next samples do not follow the last piece's

    @property
    def done(self) -> bool:
        return self._wanted is not None and (self._position or 0) >= self._wanted

    @property
    def position(self) -> int:
        """Samples so far, those that are lost counted."""
        return self._position or 0

    def covers(self, time_us: float) -> bool:
        """A moment of device time that belongs to what has been recorded."""
        if self._position is None or not self.pieces:
            return False
        return -1 <= time_us - self._began_us <= self._position * (self.pieces[-1].period_us or 1e6)

    def room(self, samples: int) -> int:
        """How many of so many that come next, or are missing next, belong to the take."""
        return samples if self._wanted is None else max(0, min(samples, self._wanted - self.position))

    @property
    def lost(self) -> int:
        """Samples known to be missing so far."""
        return self._missing + sum(piece.lost_before + piece.lost_after for piece in self.pieces)

    @property
    def samples(self) -> int:
        return sum(piece.samples for piece in self.pieces)

    def restarted(self) -> None:
        """The board's clock begins anew: a stream that has not begun begins with what comes."""
        if self._position is None:
            self._start_us = -(2**62)

    def add(self, block: Block) -> None:
        """Takes what belongs to the take."""
        taken: Block | None = block
        if self._position is None:
            taken = self._from_start(block)
        else:
            self._leave_gap(self._gap(block))
        if taken is not None and not self.done:
            self._write(taken)

    def finish(self) -> None:
        """No more comes: what is missing at the end is counted."""
        if self._wanted is not None and self._position is not None and not self.done:
            self._missing += self._wanted - self._position
        if self.pieces:
            self.pieces[-1].lost_after, self._missing = self._missing, 0
            self.pieces[-1].close()

    def _from_start(self, block: Block) -> Block | None:
        """Without the samples from before; None when those are all."""
        if block.lost is None and block.time_us < self._start_us - BEGUN_ANEW_US:
            self.restarted()
        skip = min(len(block.values), max(0, math.ceil((self._start_us - block.time_us) / block.period_us)))
        if skip == len(block.values):
            return None
        self._position = 0
        self._began_us = block.time_us + skip * block.period_us
        if skip == 0 and block.lost:
            late = round((block.time_us - self._start_us) / block.period_us)
            missing = min(block.lost, max(0, late))
            self._began_us -= missing * block.period_us
            self._leave_gap(missing)
        time_us = round(block.time_us + skip * block.period_us)
        return Block(block.stream, time_us, block.period_us, block.values[skip:], 0, block.arrival_s)

    def _gap(self, block: Block) -> int | None:
        """Samples missing before the block; where device time cannot tell, the host's must. None: it follows on."""
        if block.lost == 0:
            return None
        if block.lost is not None:
            return block.lost
        passed = round((block.arrival_s - self._arrival_s) * 1e6 / block.period_us)
        return max(0, passed - len(block.values))

    def _leave_gap(self, missing: int | None) -> None:
        if missing is None:
            return
        if self._wanted is not None:
            missing = min(missing, self._wanted - self.position)
        self._position = self.position + missing
        self._missing += missing
        self._broken = True
        if self.pieces:
            self.pieces[-1].close()

    def _write(self, block: Block) -> None:
        room = len(block.values) if self._wanted is None else self._wanted - self.position
        values = block.values[:room]
        if self._broken or not self.pieces:
            self._open(block)
        self.pieces[-1].add(values, block.time_us, block.period_us)
        self._position = self.position + len(values)
        self._arrival_s = block.arrival_s

    def _open(self, block: Block) -> None:
        """First its row, then the file: a program killed in between leaves no file without a row."""
        number = len(self.pieces) + 1
        file = f"{self._stem if number == 1 else f'{self._stem}_{number}'}{files.suffix(self.stream)}"
        piece = Piece(number, file, self._place(file), block.time_us, self._missing)
        self.pieces.append(piece)
        try:
            self._announce(self)
            piece.create(self.stream)
        except BaseException:
            self.pieces.pop()
            raise
        self._missing, self._broken = 0, False
