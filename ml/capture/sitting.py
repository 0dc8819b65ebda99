"""Takes one after the other, each begun by a countdown or a trigger: what a terminal and a page both do."""

import time
from collections.abc import Callable

from ml.capture.options import Options
from ml.capture.recorder import Recorder
from ml.capture.take import Take
from ml.capture.trigger import Trigger

READY = "ready"


class Sitting:
    """Call `look` after each step of the recorder. `finished` is told of every take that has ended."""

    def __init__(self, recorder: Recorder, options: Options, finished: Callable[[Take], None]) -> None:
        self.recorder, self.options = recorder, options
        self.label = options.labels[0]
        self.state = READY
        self.takes: list[Take] = []
        self.left = 0  # takes of the loop that are still to come
        self.held = False  # nothing begins meanwhile
        self._due_s = 0.0  # when the countdown ends
        self._finished = finished

    def prepare(self) -> None:
        """UserError when no stream suits the trigger."""
        rule = self.options.rule
        self.recorder.trigger = None if rule is None else Trigger.on(rule, self.recorder.known.streams)

    def look(self) -> None:
        """What has happened since: a take has ended, a countdown is over, a trigger was set off."""
        if self.recorder.take is not None and not self.recorder.recording:
            self._finish()
        elif self.recorder.recording:
            self.state = f"RECORDING {self.label}"
        elif self.left and not self.held:
            self._wait_to_begin()

    def toggle(self) -> None:
        """Begins a loop; ends the take that is running, or a loop that waits."""
        if self.recorder.recording:
            self.left = 0
            self.stop()
        elif self.left:
            self.left, self.state = 0, READY
        else:
            self.left = self.options.repeat
            self._get_set()

    def stop(self) -> None:
        """By hand: the end of a take that had no length, an early one of a take that had."""
        self.recorder.begun.end("stopped" if self.options.seconds else "", self.recorder.drift.ppm())
        self._finish()

    def _wait_to_begin(self) -> None:
        trigger, countdown = self.recorder.trigger, self._due_s - time.monotonic()
        if countdown > 0:
            self.state = f"{self.label} in {countdown:.1f} s   ({self.left} to go)"
        elif trigger is None:
            self._begin(None)
        elif trigger.fired_us is not None:
            self._begin(trigger.fired_us - round(self.options.before_s * 1e6))
        else:
            self.state = f"waiting for {trigger.rule.kind}   ({self.left} to go)"

    def _begin(self, start_us: int | None) -> None:
        self.left -= 1
        self.recorder.start(self.options.naming(self.label), self.options.seconds, start_us)

    def _finish(self) -> None:
        take = self.recorder.begun
        self.recorder.stop()
        self.takes.append(take)
        self._finished(take)
        self.recorder.raise_if_failed()
        self.state = READY
        self._get_set()

    def _get_set(self) -> None:
        self._due_s = time.monotonic() + self.options.countdown
        if self.recorder.trigger is not None:
            self.recorder.trigger.arm()
