"""A board that is connected, in a thread of its own, through the recorder that tools/collect.py uses.

live = Live(root, "virtual", hub)
live.call(lambda: live.sitting.toggle())     # in that thread, between two steps
"""

import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ml.capture import ports
from ml.capture.either import Either
from ml.capture.line import Line
from ml.capture.manifest import Manifest
from ml.capture.options import Options
from ml.capture.recorder import Recorder
from ml.capture.report import summary, takes_line
from ml.capture.sitting import Sitting
from ml.capture.take import Naming, Take
from ml.capture.thimble import Thimble
from ml.cli import in_a_line
from ml.errors import UserError
from ml.link.messages import Command, Status
from ml.link.session import Answer, Arrival
from ml.studio.hub import Hub
from ml.studio.levels import level
from ml.studio.packing import Batch
from ml.studio.telling import told

STEP_S = 0.02
STATUS_EVERY_S = 0.25
PRE_ROLL_S = 60.0  # of the past, for triggers and for "that was wrong"
PATIENCE_S = 30.0
ANSWER_S = 3.0
CALL_S = 15.0


class Live:
    """Opened at once; UserError where the port or the folder cannot be had."""

    def __init__(self, root: Path, port: str, hub: Hub) -> None:
        self.port, self.hub = port, hub
        self.sitting: Sitting | None = None
        self.last = ""  # what became of the last take
        self.events: deque[dict] = deque(maxlen=200)
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._answers: dict[int, Answer] = {}
        self._answered = threading.Condition()
        self._batch = Batch()
        self._closing = threading.Event()
        self._error = ""
        self._keeping = False  # a take that nobody sits for
        manifest = Manifest(root)
        try:
            self.recovered = manifest.recover()
            line = Line(ports.finder(port, None))
        except BaseException:
            manifest.close()
            raise
        self._thimble = Thimble(line.write, None, self._hear, ("scores",))
        source = Either(line.write, None, None, self._thimble)
        self.recorder = Recorder(line, source, manifest, PATIENCE_S, PRE_ROLL_S, interruptible=False)
        self.recorder.seen = self._batch.add
        self._thread = threading.Thread(target=self._run, name="board", daemon=True)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        return self._thread.is_alive() and not self._closing.is_set()

    def close(self) -> None:
        """What was being recorded is closed, the board goes quiet, the folder is free."""
        self._closing.set()
        self._thread.join()

    def call(self, function: Callable[[], Any]) -> Any:
        """Runs it between two steps of the recorder; returns what it returns, raises what it raises."""
        done, kept = threading.Event(), {}

        def run() -> None:
            try:
                kept["result"] = function()
            except (UserError, OSError) as error:
                kept["error"] = error
            done.set()

        self._calls.put(run)
        self._wait(done)
        if "error" in kept:
            raise kept["error"]
        return kept["result"]

    @contextlib.contextmanager
    def paused(self) -> Iterator[Manifest]:
        """The manifest, for as long as the recorder takes nothing; what the board says meanwhile waits in the line."""
        ready, go_on = threading.Event(), threading.Event()

        def wait() -> None:
            ready.set()
            go_on.wait(CALL_S)

        self._calls.put(wait)
        self._wait(ready)
        try:
            yield self.recorder.manifest
        finally:
            go_on.set()

    def _wait(self, event: threading.Event) -> None:
        end = time.monotonic() + CALL_S
        while not event.wait(0.1):
            if not self._thread.is_alive() or time.monotonic() > end:
                raise UserError(f"{self.port}: expected a board that is connected, found it gone; connect it again")

    def ask(self, command: Command, args: bytes = b"") -> bytes:
        """A command of the link and its answer; UserError when the board refuses or stays silent."""
        sequence = self.call(lambda: self._thimble.command(command, args))
        with self._answered:
            if not self._answered.wait_for(lambda: sequence in self._answers, ANSWER_S):
                raise UserError(
                    f"{self.port}: expected an answer to {command.name}, found none; is it a Thimble board?"
                )
            reply = self._answers.pop(sequence).reply
        if reply.status != Status.OK:
            raise UserError(f"{self.port}: expected {command.name} to succeed, found status {reply.status}")
        return reply.data

    def sit(self, options: Options) -> None:
        """From now on takes are recorded so."""

        def begin() -> None:
            self._require_idle()
            self.recorder.wait_until_ready()
            sitting = Sitting(self.recorder, options, self._finished)
            sitting.prepare()
            self.sitting = sitting

        self.call(begin)

    def keep(self, naming: Naming, start_us: int, seconds: float) -> None:
        """A take from a moment of device time that is not long past: `PRE_ROLL_S` at most."""

        def begin() -> None:
            self._require_idle()
            earliest = self.recorder.now_us - PRE_ROLL_S * 1e6
            if not earliest <= start_us <= self.recorder.now_us:
                raise UserError(f"expected a moment of the last {PRE_ROLL_S:g} s, found another; it is gone")
            self.recorder.start(naming, seconds, start_us)
            self._keeping = True

        self.call(begin)

    def _require_idle(self) -> None:
        if self.recorder.recording:
            raise UserError("expected no take that is running, found one; stop it first")

    def _finished(self, take: Take) -> None:
        self.last = takes_line(take)
        self.hub.tell("take", text=self.last, number=take.number, label=take.naming.label, whole=take.is_whole)

    def _hear(self, arrival: Arrival) -> None:
        """In the board's thread."""
        message = arrival.message
        if isinstance(message, Answer):
            with self._answered:
                self._answers[message.sequence] = message
                while len(self._answers) > 64:
                    self._answers.pop(next(iter(self._answers)))
                self._answered.notify_all()
        elif (said := told(arrival, self._thimble)) is not None:
            if said["what"] == "event":
                self.events.append(said)
            self.hub.tell("board", **said)

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                self._turn()
        except (UserError, OSError) as error:
            self._error = in_a_line(error)
        finally:
            with contextlib.suppress(UserError, OSError):
                self.recorder.stop("stopped")
            self.recorder.close()
            self.hub.tell("live", keep=True, open=False, port=self.port, error=self._error)

    def _turn(self) -> None:
        self.recorder.step(STEP_S)
        if self._keeping and not self.recorder.recording:
            take, self._keeping = self.recorder.begun, False
            self.recorder.stop()
            self._finished(take)
        if self.sitting is not None:
            self.sitting.look()
        while not self._calls.empty():
            self._calls.get()()
        for message in self._batch.taken():
            self.hub.send(message)
        if self._batch.due(STATUS_EVERY_S):
            self.hub.tell("live", keep=True, **self.status())

    def status(self) -> dict:
        """What the screen of tools/collect.py shows, for a page."""
        recorder, device, now = self.recorder, self.recorder.device, time.monotonic()
        sitting = self.sitting
        streams = [
            {
                "name": name,
                "rate_hz": meter.stream.rate_hz,
                "found_hz": round(meter.rate_hz(now), 1),
                "lost": meter.lost,
                "words": meter.level(),
                "audio": meter.stream.is_audio,
                "columns": [[column.name, column.unit, column.per_unit] for column in meter.stream.columns],
                **level(meter),
            }
            for name, meter in recorder.meters.items()
        ]
        return {
            "open": True,
            "port": self.port,
            "app": device.app if device else "",
            "board": device.board if device else "",
            "firmware": device.firmware if device else "",
            "format": device.format if device else "",
            "streams": streams,
            "drift_ppm": recorder.drift.ppm(),
            "wrong": list(summary(recorder)),
            "log": list(recorder.log)[-3:],
            "recording": recorder.recording,
            "state": sitting.state if sitting else "",
            "left": sitting.left if sitting else 0,
            "labels": list(sitting.options.labels) if sitting else [],
            "label": sitting.label if sitting else "",
            "last": self.last,
            "takes": len(sitting.takes) if sitting else 0,
        }
