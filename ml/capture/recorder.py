"""Receives blocks from a source, keeps the last moments, and records takes."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from ml.capture.clock import DriftFit, WaitClock
from ml.capture.events import Block, Device, Event, Incident, Log, Stream
from ml.capture.incidents import IncidentLog
from ml.capture.interrupts import Interrupts
from ml.capture.line import Bytes, Deaf, Item, Line, Vanished
from ml.capture.manifest import Manifest
from ml.capture.meter import Meter
from ml.capture.take import Naming, Take
from ml.capture.trigger import Trigger
from ml.errors import UserError
from ml.printable import printable

AT_ONCE = 500  # items of the line's queue before others have their turn
SILENCE_S = 1.0  # a line that was never silent for so long is stalled
ASK_EVERY_S = 0.5
MISSING_STREAM_S = 3.0  # all others are done: this one has nothing more
READY_S = 15.0
KEEP_S = 1.0  # of the past, beside what a trigger wants
LOOK_EVERY_S = 1.0  # whether the files are still there
EARLIER = 8  # takes that a loss which is found later may belong to
PERIODS = 3  # samples of the slowest stream may be late before their absence says something
NOWHERE: dict[str, object] = dict.fromkeys(("recorded", "subject", "session", "take"), "")  # between takes
TOLD_LATER = ("dropped", "overrun", "behind")  # by a counter, not at the place where it happened


class Source(Protocol):
    """A protocol on the line."""

    def opened(self) -> list[Event]: ...
    def feed(self, data: bytes, arrival_s: float) -> Iterable[Event]: ...
    def ask(self) -> None: ...
    def stop(self) -> None: ...
    def deaf(self, seconds: float) -> None: ...

    @property
    def refusal(self) -> str:
        """Why what the board said was refused, "" when nothing was."""
        ...

    @property
    def settle_s(self) -> float:
        """After the last sample, until everything that is missing is known."""
        ...


class Recorder:
    """One line, one folder. `step` is called all the time; nothing happens in between."""

    def __init__(
        self,
        line: Line,
        source: Source,
        manifest: Manifest,
        patience_s: float,
        before_s: float = 0.0,
        interruptible: bool = True,
    ) -> None:
        """`interruptible`: Ctrl-C comes as KeyboardInterrupt in `step`; False for a recorder beside the main thread."""
        self.line, self.source, self.manifest = line, source, manifest
        self.incidents = IncidentLog(manifest.root / "incidents.csv")
        self.device: Device | None = None
        self.meters: dict[str, Meter] = {}
        self.take: Take | None = None
        self.trigger: Trigger | None = None
        self.log: deque[str] = deque(maxlen=50)  # lines of the board's text, not yet shown
        self.drift = DriftFit()
        self.seen: Callable[[Block], None] | None = None  # who else wants each block
        self.given_up = False  # a take was cut because the board had nothing more to say
        self._ends_us: dict[str, int] = {}  # device time behind the latest sample of each stream
        self._ring: deque[Block] = deque()
        self._keep_us = (before_s + KEEP_S) * 1e6
        self._patience_s = patience_s
        self._clock = WaitClock()
        self._heard_s = 0.0
        self._asked_s = 0.0
        self._looked_s = 0.0
        self._silent_since: float | None = None
        self._done_since: float | None = None
        self._moved = (0, 0.0)  # how far the take has come, and since when
        self._edits = 0
        self._earlier: deque[Take] = deque(maxlen=EARLIER)
        self._failed: OSError | UserError | None = None
        self._interrupts = Interrupts()
        if interruptible:
            self._interrupts.hold()
        self.source.opened()

    def close(self) -> None:
        """The board goes quiet, the folder is free."""
        self.source.stop()
        self.line.close()
        self.manifest.close()
        self._interrupts.release()

    @property
    def now_us(self) -> int:
        """Device time of the latest sample."""
        return max(self._ends_us.values(), default=0)

    @property
    def known(self) -> Device:
        """The board, where it must have said who it is: after `wait_until_ready`."""
        if self.device is None:
            raise UserError(self._not_ready())
        return self.device

    @property
    def begun(self) -> Take:
        """The take, where there must be one: from `start` to `stop`."""
        if self.take is None:
            raise RuntimeError("expected a take that has begun")
        return self.take

    def now_s(self) -> float:
        """For who waits: see WaitClock."""
        return self._clock.now()

    def wait_until_ready(self) -> None:
        """Every stream has given something."""
        began = self.now_s()
        while self.device is None or not all(self.meters[s.name].samples for s in self.device.streams):
            self.step(0.1)
            if self.now_s() - began > min(max(READY_S, PERIODS * self._slowest_s()), self._patience_s):
                raise UserError(self._not_ready())
        if not self.device.streams:
            raise UserError(
                f"{self.line.name}: expected a sensor's stream, found none; does the board have that sensor?"
            )

    def _slowest_s(self) -> float:
        """Between two samples of the slowest stream."""
        return max((1 / stream.rate_hz for stream in self.device.streams), default=0.0) if self.device else 0.0

    def settle(self) -> None:
        """Until everything that is missing so far is known; the takes of the last seconds have it then."""
        end = self.now_s() + self.source.settle_s
        while self.now_s() < end:
            self.step(0.1)

    def start(self, naming: Naming, seconds: float | None, start_us: int | None = None) -> Take:
        """A take from now on, or from a moment of device time that is not long past."""
        began_us = self.now_us if start_us is None else start_us
        take = self.take = Take(self.manifest, self.known, naming, began_us, seconds)
        self._done_since, self._moved = None, (0, self.now_s())
        if start_us is not None:
            for block in list(self._ring):
                if _end_us(block) > start_us:
                    self._record(block)
        return take

    def stop(self, cut: str = "") -> Take | None:
        """Ends the take: `cut` says why, where it should have gone on."""
        take, self.take = self.take, None
        if take is not None:
            self._earlier.append(take)
        if take is not None and not take.ended:
            take.end(cut, self.drift.ppm())
            for name, stream in take.streams.items():
                if not stream.pieces:
                    self._book(Incident("lost", name, 0, text="no sample of this stream came during the take"), take)
        return take

    def raise_if_failed(self) -> None:
        """Why a take could not be stored: nothing more can be."""
        if self._failed is not None:
            raise self._failed

    def raise_if_starved(self, stream: Stream, since: tuple[int, float]) -> tuple[int, float]:
        """UserError when a stream has had no sample for too long; call it again with what it returns."""
        samples, now = self.meters[stream.name].samples, self.now_s()
        if samples != since[0]:
            return samples, now
        if now - since[1] > self._enough_s():
            found = f"found none for {now - since[1]:.0f} s; reset the board, or give it more time with --patience"
            raise UserError(f"{self.line.name}: expected samples of {stream.name}, {found}")
        return since

    def _enough_s(self) -> float:
        return max(self._patience_s, PERIODS * self._slowest_s())

    def step(self, seconds: float) -> None:
        """Waits at most so long for something, takes what there is, ends a take that is done. Interrupts come here."""
        self._interrupts.raise_if_asked()
        for taken in range(AT_ONCE):
            item = self.line.get(0 if taken else seconds)
            if item is None:
                self._watch(self.now_s())
                break
            self._handle(item)
            self._end_if_done()
        if self.recording:
            self._watch_take(self.now_s())
        self._tell_edits()

    @property
    def recording(self) -> bool:
        return self.take is not None and not self.take.ended

    def _handle(self, item: Item) -> None:
        if isinstance(item, Bytes):
            self._heard()
            for event in self.source.feed(item.data, item.arrival_s):
                self._dispatch(event)
        elif isinstance(item, Vanished):
            self._report(Incident("vanished", device_us=self.now_us, text=item.reason))
        elif isinstance(item, Deaf):
            text = f"this program did not run for {item.seconds:.1f} s"
            self._report(Incident("deaf", device_us=self.now_us, text=text))
            self.source.deaf(item.seconds)
        else:
            self._report(Incident("returned", device_us=self.now_us, text="the port is there again"))
            self.source.opened()

    def _dispatch(self, event: Event) -> None:
        if isinstance(event, Block):
            self._block(event)
        elif isinstance(event, Device):
            self._meet(event)
        elif isinstance(event, Incident):
            if event.kind == "reset":
                self._begin_anew()
            self._report(event)
        elif isinstance(event, Log):
            self.log.append(printable(event.text))

    def _meet(self, device: Device) -> None:
        before = self.device
        self.device = device
        self.meters = {s.name: self.meters.get(s.name) or Meter(s) for s in device.streams}
        if before and before.streams != device.streams and self.recording:
            self.stop("the board's streams changed")

    def _begin_anew(self) -> None:
        """Moments of device time from before mean nothing now."""
        self._ring.clear()
        self._earlier.clear()
        self._ends_us.clear()
        self.drift = DriftFit()

    def _block(self, block: Block) -> None:
        self.meters[block.stream.name].add(block)
        if self.seen is not None:
            self.seen(block)
        end_us = _end_us(block)
        before_us = self._ends_us.get(block.stream.name, end_us)
        self._ends_us[block.stream.name] = end_us if block.lost is None else max(end_us, before_us)
        if block.stream.name == self.known.streams[0].name:
            self.drift.add(end_us, block.arrival_s)
        self._ring.append(block)
        while self._ring and not 0 <= self.now_us - _end_us(self._ring[0]) <= self._keep_us:
            self._ring.popleft()
        if self.recording:
            self._record(block)
        if self.trigger is not None:
            self.trigger.add(block)

    def _record(self, block: Block) -> None:
        take = self.begun
        lost = take.counts["lost", block.stream.name]
        try:
            take.add(block)
        except (OSError, UserError) as error:
            self._fail(error)
            return
        if block.lost is None and take.counts["lost", block.stream.name] > lost:
            missing = take.counts["lost", block.stream.name] - lost
            text = "reckoned from the host's clock: device time began anew"
            self._report(Incident("lost", block.stream.name, missing, block.time_us, text))

    def _fail(self, error: OSError | UserError) -> None:
        """A take that cannot be stored ends; so does the program, in `raise_if_failed`."""
        self._failed = error
        text = f"disk: {error.strerror or error}" if isinstance(error, OSError) else str(error)
        self._report(Incident("disk", text=text, device_us=self.now_us))
        self._end(text)

    def _end(self, cut: str = "") -> None:
        """The take's files are closed, whatever becomes of its rows."""
        try:
            self.begun.end(cut, self.drift.ppm())
        except (OSError, UserError) as error:
            self._failed = self._failed or error

    def _end_if_done(self) -> None:
        """At once: what comes after its last sample is none of a take's."""
        if self.recording and self.begun.done:
            self._end()

    def _report(self, incident: Incident) -> None:
        """To the take in which it happened; what is found only later, to the one whose time it was."""
        take = self.take if self.recording else None
        if incident.kind in TOLD_LATER and (take is None or not take.covers(incident.sensor, incident.device_us)):
            covered = (each for each in self._earlier if each.covers(incident.sensor, incident.device_us))
            take = next(covered, take)
        if incident.kind == "lost" and take is not None:
            incident = self._within(incident, take)
        self._book(incident, take)

    def _within(self, lost: Incident, take: Take) -> Incident:
        """Of samples that are missing those that the take would have had; the rest were lost between takes."""
        stream = take.streams.get(lost.sensor)
        inside = stream.room(lost.count) if stream else lost.count
        if inside < lost.count:
            self._book(replace(lost, count=lost.count - inside), None)
        return replace(lost, count=inside)

    def _book(self, incident: Incident, take: Take | None) -> None:
        if take is None:
            return self.incidents.add(incident, NOWHERE)
        self.incidents.add(incident, take.where)
        if incident.kind == "lost":
            return None
        try:
            take.note(incident)
        except (OSError, UserError) as error:
            self._failed = self._failed or error
        return None

    def _tell_edits(self) -> None:
        if self.manifest.edits > self._edits:
            more, self._edits = self.manifest.edits - self._edits, self.manifest.edits
            text = "another program changed manifest.csv; its changes were kept"
            self._report(Incident("edited", count=more, device_us=self.now_us, text=text))

    def _heard(self) -> None:
        self._heard_s = self.now_s()
        if self._silent_since is not None:
            text = f"silent for {self._heard_s - self._silent_since:.1f} s"
            self._report(Incident("returned", device_us=self.now_us, text=text))
            self._silent_since = None

    def _watch(self, now: float) -> None:
        """All that came has been taken: silence is told once, and asked about again and again."""
        if now - self._heard_s > SILENCE_S:
            if self._silent_since is None and self.device is not None:
                self._silent_since = self._heard_s
                self._report(Incident("stall", device_us=self.now_us, text="nothing arrives"))
            if now - self._asked_s > ASK_EVERY_S:
                self._asked_s = now
                self.source.ask()

    def _watch_take(self, now: float) -> None:
        take = self.begun
        if now - self._looked_s > LOOK_EVERY_S:
            self._looked_s = now
            try:
                take.raise_if_removed()
                self.manifest.raise_if_removed()
            except OSError as error:
                return self._fail(error)
        if take.progress != self._moved[0]:
            self._moved = take.progress, now
        waiting, enough_s = take.waiting_for(), self._enough_s()
        if now - self._moved[1] > enough_s:
            self.given_up = True
            what = "no sample" if now - self._heard_s < enough_s else "nothing"
            return self._end(f"{what} arrived for {enough_s:.0f} s")
        if 0 < len(waiting) < len(take.streams):
            self._done_since = self._done_since or now
            if now - self._done_since > max(MISSING_STREAM_S, PERIODS * self._slowest_s()):
                self._end(f"no more samples of {', '.join(waiting)}")
        return None

    def _not_ready(self) -> str:
        if self.device is None:
            refused = self.source.refusal
            return (
                f"{self.line.name}: expected a board that speaks a known protocol, found "
                f"{f'one whose words are refused ({refused})' if refused else 'none'}; flash it with: "
                "pio run -e sensor_capture-<board> -t upload, or name the protocol with --format"
            )
        silent = [s.name for s in self.device.streams if not self.meters[s.name].samples]
        return f"{self.line.name}: expected samples of {', '.join(silent)}, found none; leave it out with --streams"


def _end_us(block: Block) -> int:
    """Device time behind its last sample."""
    return round(block.time_us + len(block.values) * block.period_us)
