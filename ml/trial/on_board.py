"""Plays a stream to a board and records its detections: through the sensor of a virtual board, or over the link
in place of any board's sensor."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from ml.errors import UserError
from ml.evaluate.streams import Detection, Scored
from ml.link.device import Device
from ml.link.messages import Command, Event, Telemetry
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
    runs_on: bool = True  # the sensor goes on, at rest, behind the stream: there may be more windows

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
    listener = _Listener(scored, device, on_sighting)
    stream = scored.stream
    tracks = {stream.sensor: Track(stream.samples, stream.rate_mhz)}
    with ThreadPoolExecutor(1) as executor:
        playing: Future[int] = executor.submit(player.play, tracks, restart=True, realtime=realtime, progress=progress)
        while not playing.done():
            listener.listen(STEP_S)
        lost = playing.result()
    return listener.end(lost, runs_on=True)


def inject(
    scored: Scored,
    device: Device,
    *,
    on_sighting: Callable[[Sighting], None] = lambda one: None,
    progress: Callable[[int, int], None] | None = None,
) -> Played:
    """The same over the link, for a board without a sensor bus: as fast as the line and the board are."""
    listener, samples = _Listener(scored, device, on_sighting), scored.stream.samples
    device.command(Command.INJECT_BEGIN, bytes(4))  # from here on no window of the sensor's is counted
    device.command(Command.RESET_STATS)
    for done in device.injecting(samples, scored.stream.rate_mhz):
        listener.listen(0)
        if progress is not None:
            progress(done, len(samples))
    made = listener.end(0, runs_on=False)
    device.end_injection()
    return made


class _Listener:
    """Takes down the events of a stream."""

    def __init__(self, scored: Scored, device: Device, on_sighting: Callable[[Sighting], None]) -> None:
        self.scored, self.device, self.on_sighting = scored, device, on_sighting
        self.sightings: list[Sighting] = []
        self.later = 0  # events after the stream's end: the sensor runs on, at rest

    def listen(self, seconds: float) -> None:
        for arrival in self.device.arrivals(seconds):
            if not isinstance(arrival.message, Event):
                continue
            if arrival.message.window >= len(self.scored.sample):
                self.later += 1
                continue
            self.sightings.append(self._sighting(arrival.time_us, arrival.message))
            self.on_sighting(self.sightings[-1])

    def _sighting(self, time_us: int, event: Event) -> Sighting:
        labels, sample = self.device.info.labels, self.scored.sample
        if event.class_id >= len(labels):
            raise UserError(
                f"{self.device.port.name}: expected an event of {len(labels)} classes, found class {event.class_id}; "
                "flash the firmware again"
            )
        return Sighting(Detection(labels[event.class_id], int(sample[event.window]), event.score), time_us, event)

    @property
    def heard(self) -> int:
        return len(self.sightings) + self.later

    def end(self, lost: int, *, runs_on: bool) -> Played:
        """Waits for the last events; UserError when one was lost on the way."""
        statistics, waited = self.device.statistics(), 0.0
        while self.heard < statistics.events and waited < PATIENCE_S:
            self.listen(STEP_S)
            waited += STEP_S
        if self.heard < statistics.events:
            raise UserError(
                f"{self.device.port.name}: expected the {statistics.events} events that the board counted, "
                f"found {self.heard}; play the stream again"
            )
        return Played(self.sightings, statistics, lost, runs_on)
