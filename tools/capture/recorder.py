"""Takes what a source understands, keeps the last moments of it, and records takes."""

import time
from collections import deque
from typing import Protocol

from ml.errors import UserError
from tools.capture.clock import DriftFit
from tools.capture.events import Block, Device, Event, Incident, Log
from tools.capture.incidents import IncidentLog
from tools.capture.interrupts import Interrupts
from tools.capture.line import Bytes, Line, Opened, Vanished
from tools.capture.manifest import Manifest
from tools.capture.meter import Meter
from tools.capture.take import Naming, Take
from tools.capture.trigger import Trigger

AT_ONCE = 500  # items of the line's queue before others have their turn
SILENCE_S = 1.0  # a line that was never silent for so long is stalled
ASK_EVERY_S = 0.5
MISSING_STREAM_S = 3.0  # all others are done: this one has nothing more
READY_S = 15.0
KEEP_S = 1.0  # of the past, beside what a trigger wants


class Source(Protocol):
    """A protocol on the line."""

    def opened(self) -> list[Event]: ...
    def feed(self, data: bytes, arrival_s: float) -> object: ...
    def ask(self) -> None: ...
    def stop(self) -> None: ...


class Recorder:
    """One line, one folder. `step` is called all the time; nothing happens in between."""

    def __init__(
        self, line: Line, source: Source, manifest: Manifest, patience_s: float, before_s: float = 0.0
    ) -> None:
        self.line, self.source, self.manifest = line, source, manifest
        self.incidents = IncidentLog(manifest.root / "incidents.csv")
        self.device: Device | None = None
        self.meters: dict[str, Meter] = {}
        self.take: Take | None = None
        self.trigger: Trigger | None = None
        self.log: deque[str] = deque(maxlen=50)  # lines of the board's text, not yet shown
        self.drift = DriftFit()
        self.now_us = 0  # device time of the latest sample
        self._ring: deque[Block] = deque()
        self._keep_us = (before_s + KEEP_S) * 1e6
        self._patience_s = patience_s
        self._heard_s = time.monotonic()
        self._asked_s = 0.0
        self._silent_since: float | None = None
        self._done_since: float | None = None
        self._failed: OSError | None = None
        self._interrupts = Interrupts()
        self._interrupts.hold()
        self.source.opened()

    def close(self) -> None:
        """The board goes quiet, the folder is free."""
        self.source.stop()
        self.line.close()
        self.manifest.close()
        self._interrupts.release()

    def wait_until_ready(self) -> None:
        """Every stream has given something."""
        end = time.monotonic() + min(READY_S, self._patience_s)
        while self.device is None or not all(self.meters[s.name].samples for s in self.device.streams):
            self.step(0.1)
            if time.monotonic() > end:
                raise UserError(self._not_ready())
        if not self.device.streams:
            raise UserError(
                f"{self.line.name}: expected a sensor's stream, found none; does the board have that sensor?"
            )

    def start(self, naming: Naming, seconds: float | None, start_us: int | None = None) -> Take:
        """A take from now on, or from a moment of device time that is not long past."""
        self.take = Take(self.manifest, self.device, naming, self.now_us if start_us is None else start_us, seconds)
        self._done_since = None
        if start_us is not None:
            for block in list(self._ring):
                self._record(block)
        return self.take

    def stop(self, cut: str = "") -> Take | None:
        """Ends the take: `cut` says why, where it should have gone on."""
        take, self.take = self.take, None
        if take is not None and not take.ended:
            take.end(cut, self.drift.ppm())
            for name, stream in take.streams.items():
                if not stream.pieces:
                    self._report(Incident("lost", name, 0, text="no sample of this stream came during the take"), take)
        return take

    def raise_if_failed(self) -> None:
        """OSError when a take could not be stored: nothing more can be."""
        if self._failed is not None:
            raise self._failed

    def step(self, seconds: float) -> None:
        """Waits at most so long for something, takes what there is, ends a take that is done. Interrupts come here."""
        self._interrupts.raise_if_asked()
        for taken in range(AT_ONCE):
            item = self.line.get(0 if taken else seconds)
            if item is None:
                self._watch()
                break
            self._handle(item)
        if self.recording:
            self._watch_take(time.monotonic())

    @property
    def recording(self) -> bool:
        return self.take is not None and not self.take.ended

    def _handle(self, item: Bytes | Opened | Vanished) -> None:
        if isinstance(item, Bytes):
            self._heard(item.arrival_s)
            for event in self.source.feed(item.data, item.arrival_s):
                self._dispatch(event)
        elif isinstance(item, Vanished):
            self._report(Incident("vanished", device_us=self.now_us, text=item.reason))
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
            self.log.append(event.text)

    def _meet(self, device: Device) -> None:
        before = self.device
        self.device = device
        self.meters = {s.name: self.meters.get(s.name) or Meter(s) for s in device.streams}
        if before and before.streams != device.streams and self.recording:
            self.stop("the board's streams changed")

    def _begin_anew(self) -> None:
        self._ring.clear()
        self.drift, self.now_us = DriftFit(), 0

    def _block(self, block: Block) -> None:
        self.meters[block.stream.name].add(block)
        end_us = round(block.time_us + len(block.values) * block.period_us)
        self.now_us = max(self.now_us, end_us)
        if block.stream.name == self.device.streams[0].name:
            self.drift.add(end_us, block.arrival_s)
        self._ring.append(block)
        while self._ring[0].time_us < self.now_us - self._keep_us:
            self._ring.popleft()
        if self.recording:
            self._record(block)
        if self.trigger is not None:
            self.trigger.add(block)

    def _record(self, block: Block) -> None:
        lost = self.take.counts["lost", block.stream.name]
        try:
            self.take.add(block)
        except OSError as error:
            self._fail(error)
            return
        if block.lost is None and self.take.counts["lost", block.stream.name] > lost:
            missing = self.take.counts["lost", block.stream.name] - lost
            text = "reckoned from the host's clock: device time began anew"
            self._report(Incident("lost", block.stream.name, missing, block.time_us, text))

    def _fail(self, error: OSError) -> None:
        """A take that cannot be stored ends; so does the program, in `raise_if_failed`."""
        self._failed = error
        text = f"disk: {error.strerror or error}"
        self._report(Incident("disk", text=text, device_us=self.now_us))
        self.take.end(text, self.drift.ppm())

    def _report(self, incident: Incident, take: Take | None = None) -> None:
        take = take or (self.take if self.recording else None)
        if take is None:
            return self.incidents.add(incident, {"recorded": "", "subject": "", "session": "", "take": ""})
        self.incidents.add(incident, take.where)
        if incident.kind != "lost":
            take.note(incident)
        return None

    def _heard(self, arrival_s: float) -> None:
        if self._silent_since is not None:
            text = f"silent for {arrival_s - self._silent_since:.1f} s"
            self._report(Incident("returned", device_us=self.now_us, text=text))
            self._silent_since = None
        self._heard_s = arrival_s

    def _watch(self) -> None:
        """All that came has been taken: silence is told once, and asked about again and again."""
        now = time.monotonic()
        if now - self._heard_s > SILENCE_S:
            if self._silent_since is None and self.device is not None:
                self._silent_since = self._heard_s
                self._report(Incident("stall", device_us=self.now_us, text="nothing arrives"))
            if now - self._asked_s > ASK_EVERY_S:
                self._asked_s = now
                self.source.ask()

    def _watch_take(self, now: float) -> None:
        waiting = self.take.waiting_for()
        if not waiting:
            self.take.end(drift_ppm=self.drift.ppm())
        elif now - self._heard_s > self._patience_s:
            self.take.end(f"nothing arrived for {self._patience_s:.0f} s", self.drift.ppm())
        elif len(waiting) < len(self.take.streams):
            self._done_since = self._done_since or now
            if now - self._done_since > MISSING_STREAM_S:
                self.take.end(f"no more samples of {', '.join(waiting)}", self.drift.ppm())

    def _not_ready(self) -> str:
        if self.device is None:
            return (
                f"{self.line.name}: expected a board that speaks a known protocol, found none; flash it with: "
                "pio run -e sensor_capture-<board> -t upload, or name the protocol with --format"
            )
        silent = [s.name for s in self.device.streams if not self.meters[s.name].samples]
        return f"{self.line.name}: expected samples of {', '.join(silent)}, found none; leave it out with --streams"
