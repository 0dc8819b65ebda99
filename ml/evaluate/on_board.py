"""Plays a stream into a virtual board's sensor and takes down what the board detects."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from ml.errors import UserError
from ml.evaluate.streams import Detection, Scored
from ml.link.device import Device
from ml.link.messages import Event, Telemetry
from ml.link.sensor_bus import Player, Track

STEP_S = 0.05  # of listening between two looks at the player
PATIENCE_S = 3.0  # for the last events, once every sample is used


@dataclass(frozen=True)
class Sighting:
    """An event as the board reported it."""

    detection: Detection
    time_us: int  # device time of the last sample of its window
    event: Event


@dataclass(frozen=True)
class Played:
    """What a stream came to on a board."""

    sightings: list[Sighting]
    statistics: Telemetry
    lost_samples: int  # the application fetched them too late

    @property
    def detections(self) -> list[Detection]:
        return [one.detection for one in self.sightings]


def play(
    scored: Scored,
    device: Device,
    player: Player,
    *,
    on_sighting: Callable[[Sighting], None] = lambda one: None,
    progress: Callable[[int, int], None] | None = None,
    realtime: bool = False,
) -> Played:
    """Restarts the board, plays the stream and returns what the board saw; the same on every run.

    `scored` is the stream with what Python makes of it: it tells each window's last sample. UserError when an event was
    lost on the way.
    """
    sightings: list[Sighting] = []

    def take_down(seconds: float) -> None:
        for arrival in device.arrivals(seconds):
            if isinstance(arrival.message, Event):
                event = arrival.message
                label = device.info.labels[event.class_id]
                seen = Detection(label, int(scored.sample[event.window]), event.score)
                sightings.append(Sighting(seen, arrival.time_us, event))
                on_sighting(sightings[-1])

    stream = scored.stream
    tracks = {stream.sensor: Track(stream.samples, stream.rate_mhz)}
    with ThreadPoolExecutor(1) as executor:
        playing: Future[int] = executor.submit(player.play, tracks, restart=True, realtime=realtime, progress=progress)
        while not playing.done():
            take_down(STEP_S)
        lost = playing.result()
    statistics = device.statistics()
    waited = 0.0
    while len(sightings) < statistics.events and waited < PATIENCE_S:
        take_down(STEP_S)
        waited += STEP_S
    if len(sightings) != statistics.events:
        raise UserError(
            f"{device.port.name}: expected the {statistics.events} events that the board counted, "
            f"found {len(sightings)}; play the stream again"
        )
    return Played(sightings, statistics, lost)
