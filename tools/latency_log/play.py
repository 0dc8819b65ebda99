"""A recording that is played into a virtual board's sensor while its windows are logged."""

import hashlib
import threading
import time
from pathlib import Path

import numpy as np

from ml.data.reading import read_recording
from ml.data.recordings import ACCEL_PER_G
from ml.errors import UserError
from ml.link.messages import Info
from ml.link.sensor_bus import Player, Track
from tools.latency_log.log import MOST_TEXT

LEAD_S = 3.0  # at rest before the recording: by its end the board has been asked for its windows
HOLD_S, LATE_HOLD_S = 0.01, 0.2  # of the host's time for 20 ms, while the board is held; in the second half of the lead
RESTART_S = 20.0
HASH_DIGITS = 16
STILL = {"imu": [0, 0, ACCEL_PER_G, 0, 0, 0], "mic": [0], "accel": [0, 0, ACCEL_PER_G]}


class _Stopped(Exception):
    """The user has had enough."""


class Playing:
    """Restarts the board and lets it lie still for three seconds, so that each run is the same from the recording's
    first sample on."""

    def __init__(self, player: Player, sensor: str, recording: Track) -> None:
        rows = round(LEAD_S * recording.rate_mhz / 1000)
        noise = np.random.default_rng(0).integers(-2, 3, (rows, len(STILL[sensor])))  # without it no board believes it
        still = (noise + STILL[sensor]).astype(np.int16)
        samples = np.concatenate([still, recording.samples])
        period_us = 1e9 / recording.rate_mhz
        # Device time around the last samples of the windows that see some of the recording.
        self.span_us = (len(still) + 0.5) * period_us, (len(samples) + 0.5) * period_us
        self.lost = 0  # samples that the application fetched too late
        self.error: UserError | None = None
        self._player, self._track = player, {sensor: Track(samples, recording.rate_mhz)}
        self._lead, self._used = len(still), 0
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
        """The board has been asked for its windows."""
        if self._used >= self._lead:
            raise UserError("expected the board to answer at once, found that it took too long; log again")
        self._released.set()

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
        self._used = done
        if self._stop.is_set():
            raise _Stopped

    def _hold(self) -> bool:
        self._restarted.set()
        return not self._released.wait(HOLD_S if self._used < self._lead / 2 else LATE_HOLD_S)


def name_of(path: Path) -> str:
    """Of the recording, for the log: what it is called, and what is in it."""
    return f"{path.name[: MOST_TEXT // 2]} {hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_DIGITS]}"


def track_for(path: Path, info: Info) -> tuple[str, Track]:
    """Sensor and recording: that from which the application takes its windows is its stream 0."""
    stream = next((each for each in info.streams if each.id == 0), None)
    if stream is None or stream.name not in STILL or stream.rate_mhz <= 0:
        raise UserError(f"{info.app}: expected an application that listens to a sensor, found none to play into")
    made = read_recording(path, stream.rate_mhz / 1000, stream.name)
    return stream.name, Track(made.samples, stream.rate_mhz)
