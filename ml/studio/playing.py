"""A recording of the data set, played into a virtual board's sensors at its own pace."""

import threading

import numpy as np

from ml.cli import in_a_line
from ml.data.reading import read_file
from ml.data.recordings import Recording
from ml.errors import UserError
from ml.files import inside
from ml.link.sensor_bus import Player, Track
from ml.studio.hub import Hub
from ml.studio.state import Studio

SENSOR_HZ = 1000  # millihertz in one hertz


def play(studio: Studio, file: str, rate_hz: float) -> dict:
    """Begins; the page is told when it has ended, and why."""
    path = inside(studio.root, file)
    made = read_file(path, rate_hz)
    player = Player.open(studio.board.port)
    threading.Thread(target=_play, args=(studio.hub, player, made, file), name="playing", daemon=True).start()
    return {"seconds": made.seconds}


def _play(hub: Hub, player: Player, made: Recording, file: str) -> None:
    words = ""
    try:
        with player:
            track = Track(np.ascontiguousarray(made.samples), made.rate_mhz)
            player.play({made.sensor: track}, realtime=True, silence_s=10)
    except (UserError, OSError) as error:
        words = in_a_line(error)
    hub.tell("played", file=file, error=words)
