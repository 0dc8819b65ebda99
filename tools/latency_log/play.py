"""A recording that is played into a virtual board's sensor while its windows are logged."""

import hashlib
import threading
import time
from pathlib import Path

from ml.data.reading import WHAT, read_recording
from ml.errors import UserError
from ml.link.messages import Info
from ml.link.sensor_bus import Player, Track
from tools.latency_log.log import MOST_TEXT

HOLD_S = 0.005  # of the host's time a sample, while the board is held
RESTART_S = 20.0
HASH_DIGITS = 16


class _Stopped(Exception):
    """The user has had enough."""


class Playing:
    """Restarts the board, so that each run is the same from its first window on."""

    def __init__(self, player: Player, track: dict[str, Track]) -> None:
        ((_, only),) = track.items()
        self.end_us = len(only.samples) * 10**9 / only.rate_mhz  # device time of the last sample
        self.lost = 0  # samples that the application fetched too late
        self.error: UserError | None = None
        self._player, self._track = player, track
        self._restarted, self._released, self._stop = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="player", daemon=True)

    def restart(self) -> None:
        """Returns when the board has restarted and waits for the recording to go on."""
        self._thread.start()
        end = time.monotonic() + RESTART_S
        while not self._restarted.wait(0.05):
            self.raise_error()
            if time.monotonic() > end:
                raise UserError("expected the board to ask for the recording, found that it does not; see its console")

    def release(self) -> None:
        self._released.set()

    @property
    def is_over(self) -> bool:
        """Every sample is used."""
        return not self._thread.is_alive()

    def raise_error(self) -> None:
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=1.0)
        self._player.close()

    def _run(self) -> None:
        try:
            self.lost = self._player.play(self._track, restart=True, progress=self._look, hold=self._hold)
        except _Stopped:
            pass
        except UserError as error:
            self.error = error

    def _look(self, done: int, total: int) -> None:
        if self._stop.is_set():
            raise _Stopped

    def _hold(self) -> bool:
        self._restarted.set()
        return not self._released.wait(HOLD_S)


def name_of(path: Path) -> str:
    """Of the recording, for the log: what it is called, and what is in it."""
    return f"{path.name[: MOST_TEXT // 2]} {hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_DIGITS]}"


def track_for(path: Path, info: Info) -> dict[str, Track]:
    """The recording for the sensor from which the application takes its windows: its stream 0."""
    stream = next((each for each in info.streams if each.id == 0), None)
    if stream is None or stream.name not in WHAT or stream.rate_mhz <= 0:
        raise UserError(f"{info.app}: expected an application that listens to a sensor, found none to play into")
    made = read_recording(path, stream.rate_mhz / 1000, stream.name)
    return {stream.name: Track(made.samples, stream.rate_mhz)}
