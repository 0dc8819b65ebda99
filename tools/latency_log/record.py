"""Logs a board until there is enough, or the user or the board ends it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import RenderableType
from rich.live import Live

from ml.capture.interrupts import Interrupts
from ml.errors import UserError
from ml.link.readable import health_line
from ml.link.sensor_bus import Player
from ml.progress import console, say
from tools.latency_log import play, writing
from tools.latency_log.board import TimedBoard
from tools.latency_log.follow import Follower, Limits
from tools.latency_log.log import Log, Rows

STEP_S = 0.05
SHOWN_EVERY_S = 0.25
SHOWN_SHARE = 10  # showing a long log may take one part in so many of the time
PERIODS = 20  # so many windows may be late before their absence is an error
MOST_PATIENCE_S = 600.0  # for these


@dataclass(frozen=True)
class Wanted:
    """What the user asked for."""

    find: Callable[[], str]
    out: Path | None
    recording: Path | None
    seconds: float | None  # of the board's time
    windows: int | None
    patience_s: float


@dataclass
class Recorded:
    """A log as it grows, and what only the board can tell."""

    log: Log
    missed: int | None = 0  # deadlines, as the board counts them; None: there is no board
    lost_after: int = 0  # rows of the recording that are missing after the last
    repeated: int = 0  # rows that came late or a second time, left out
    samples_lost: int = 0  # of the recording: the application fetched them too late
    is_whole: bool = True  # as much as was asked for
    error: UserError | OSError | None = None  # what ended it


def record(wanted: Wanted, show: Callable[[Recorded], RenderableType]) -> Recorded:
    """Never raises once there is a log: `error` says what ended it, and the file holds all until then."""
    interrupts, board = Interrupts(), TimedBoard(wanted.find, wanted.patience_s)
    interrupts.hold()
    try:
        return _Recorder(wanted, board, interrupts).run(show)
    finally:
        interrupts.release()
        board.close()


class _Recorder:
    """One log."""

    def __init__(self, wanted: Wanted, board: TimedBoard, interrupts: Interrupts) -> None:
        self._wanted, self._board, self._interrupts = wanted, board, interrupts
        self._playing = self._player(wanted.recording) if wanted.recording else None
        recording = play.name_of(wanted.recording) if wanted.recording else ""
        header = board.header(recording)
        from_us, until_us = self._playing.span_us if self._playing else (0, None)
        self._rows = Rows()
        self._follower = Follower(Limits(wanted.windows, wanted.seconds, from_us, until_us))
        self._made = Recorded(Log(wanted.out.name if wanted.out else header.board, header, self._rows))
        self._writer: writing.Writer | None = None
        self._row_at = time.monotonic()
        self._reported = 0

    def run(self, show: Callable[[Recorded], RenderableType]) -> Recorded:
        made = self._made
        try:
            self._begin()
            with Live(console=console, transient=True, auto_refresh=False) as live:
                due = 0.0
                while not self._follower.is_over:
                    self._step()
                    if console.is_terminal and (started := time.monotonic()) > due:
                        live.update(show(made), refresh=True)
                        due = time.monotonic() + max(SHOWN_EVERY_S, SHOWN_SHARE * (time.monotonic() - started))
            self._board.end()
        except KeyboardInterrupt:
            wanted = self._wanted
            made.is_whole = len(self._rows) > 0 and not (wanted.windows or wanted.seconds or wanted.recording)
            if not made.is_whole:
                say("ended before there was as much as was asked for")
            self._board.end()
        except (UserError, OSError) as error:
            made.error, made.is_whole = error, False
        finally:
            self._close()
        return made

    def _player(self, recording: Path) -> play.Playing:
        track = play.track_for(recording, self._board.device.info)
        return play.Playing(Player.open(self._board.device.port.name), *track)

    def _begin(self) -> None:
        header, device = self._made.log.header, self._board.device
        say(f"{device.port.name}: {header.app} on {header.board}, model {header.model_hash or 'none'}")
        if self._playing:
            self._board.quiet()
            self._playing.restart()
        self._board.begin(afresh=self._playing is not None)
        if self._playing:
            self._playing.release()

    def _step(self) -> None:
        self._interrupts.raise_if_asked()
        before = len(self._rows)
        self._board.listen(STEP_S, self._follower, self._rows, self._interrupts.raise_if_asked)
        if len(self._rows) > before:
            self._row_at = time.monotonic()
        self._account()
        self._write()
        self._check_silence()

    def _write(self) -> None:
        """A file is begun with the first row: without one, what was there before stays."""
        if self._wanted.out and self._writer is None and len(self._rows):
            self._writer = writing.create(self._wanted.out, self._made.log.header)
        if self._writer:
            self._writer.add(self._rows)

    def _account(self) -> None:
        made = self._made
        made.missed, made.repeated = self._board.missed.total, self._follower.repeated
        made.lost_after = self._follower.lost_after
        for line in self._board.text:
            say(f"board: {line}")
        self._board.text.clear()
        if self._follower.lost > self._reported:
            say(f"rows lost: {self._follower.lost - self._reported}")
            self._reported = self._follower.lost

    def _check_silence(self) -> None:
        """A board that talks and has no windows: its sensor stands still, or the recording does."""
        if self._playing:
            self._playing.raise_error()
        rate = self._made.log.header.window_rate_mhz
        patience_s = max(self._wanted.patience_s, min(PERIODS * 1000 / rate, MOST_PATIENCE_S) if rate else 0.0)
        if time.monotonic() - self._row_at > patience_s:
            health, device = self._board.health, self._board.device
            why = health_line(health, device.info) if health.reasons else "does its sensor run? see its console"
            raise UserError(
                f"{device.port.name}: expected a window now and then, found none for {patience_s:g} s; {why}"
            )

    def _close(self) -> None:
        if self._playing:
            self._playing.close()
            self._made.samples_lost = self._playing.lost
        self._account()
        try:
            self._write()
            if self._writer:
                self._writer.close()
        except OSError as error:
            self._made.error = self._made.error or error
