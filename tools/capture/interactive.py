"""Recording by hand: keys, a live screen, one take after the other."""

import time
from collections.abc import Iterator

from rich.console import Console
from rich.live import Live

from ml.errors import UserError
from ml.printable import printable
from ml.progress import echo
from tools.capture.keys import Keys
from tools.capture.last import Last
from tools.capture.options import Options
from tools.capture.playback import show
from tools.capture.recorder import Recorder
from tools.capture.report import summary, takes_line
from tools.capture.screen import render
from tools.capture.take import Take
from tools.capture.trigger import Trigger

STEP_S = 0.05
FRAMES_PER_S = 8
READY = "ready"
ENTER, ESCAPE, BACKSPACE = ("\n", "\r"), "\x1b", ("\x7f", "\b")


class Desk:
    """One sitting at the terminal."""

    def __init__(self, recorder: Recorder, options: Options) -> None:
        self.recorder, self.options = recorder, options
        self.label = options.labels[0]
        self.state, self.last = READY, ""
        self.takes: list[Take] = []
        self._left = 0  # takes of the loop that are still to come
        self._due_s = 0.0  # when the countdown ends
        self._typed: str | None = None  # a label that is being typed
        self._quit = False
        self.console = Console()

    def run(self) -> bool:
        """True when every take is whole."""
        self.recorder.wait_until_ready()
        if self.options.rule is not None:
            self.recorder.trigger = Trigger.on(self.options.rule, self.recorder.known.streams)
        with Keys() as keys, Live(console=self.console, auto_refresh=False, transient=True) as live:
            shown = 0.0
            while not self._quit:
                self.recorder.step(STEP_S)
                self._take_over()
                if key := keys.pressed():
                    self._press(key)
                if time.monotonic() - shown > 1 / FRAMES_PER_S:
                    shown = time.monotonic()
                    live.update(render(self.recorder, self.options, self.label, self.state, self.last), refresh=True)
        if any(take.is_whole for take in self.takes):
            self.recorder.settle()
        return all(take.is_whole for take in self.takes)

    def _take_over(self) -> None:
        """What has happened since: a take has ended, a countdown is over, a trigger was set off."""
        if self.recorder.take is not None and not self.recorder.recording:
            self._finish()
        elif self.recorder.recording:
            self.state = f"RECORDING {self.label}"
        elif self._left and self._typed is None:
            self._wait_to_begin()

    def _wait_to_begin(self) -> None:
        trigger, countdown = self.recorder.trigger, self._due_s - time.monotonic()
        if countdown > 0:
            self.state = f"{self.label} in {countdown:.1f} s   ({self._left} to go)"
        elif trigger is None:
            self._begin(None)
        elif trigger.fired_us is not None:
            self._begin(trigger.fired_us - round(self.options.before_s * 1e6))
        else:
            self.state = f"waiting for {trigger.rule.kind}   ({self._left} to go)"

    def _begin(self, start_us: int | None) -> None:
        self._left -= 1
        self.recorder.start(self.options.naming(self.label), self.options.seconds, start_us)

    def _finish(self) -> None:
        take = self.recorder.begun
        self.recorder.stop()
        self.takes.append(take)
        self._say(takes_line(take))
        self.recorder.raise_if_failed()
        self.state = READY
        self._get_set()

    def _get_set(self) -> None:
        self._due_s = time.monotonic() + self.options.countdown
        if self.recorder.trigger is not None:
            self.recorder.trigger.arm()

    def _press(self, key: str) -> None:
        if self._typed is not None:
            self._type(self._typed, key)
        elif key == " ":
            self._space()
        elif key.isdecimal() and 0 < int(key) <= len(self.options.labels) and not self.recorder.recording:
            self.label = self.options.labels[int(key) - 1]
        elif key == "q":
            self._left, self._quit = 0, True
            if self.recorder.recording:
                self._stop()
        elif key in "rdp" and not self.recorder.recording:
            self._change(key)

    def _space(self) -> None:
        if self.recorder.recording:
            self._left = 0
            self._stop()
        elif self._left:
            self._left, self.state = 0, READY
        else:
            self._left = self.options.repeat
            self._get_set()

    def _stop(self) -> None:
        """By hand: the end of a take that had no length, an early one of a take that had."""
        self.recorder.begun.end("stopped" if self.options.seconds else "", self.recorder.drift.ppm())
        self._finish()

    def _change(self, key: str) -> None:
        try:
            last = Last.of(self.recorder.manifest)
            if key == "r":
                self._typed, self.state = "", f"new label of take {last.number} ({last.label}): "
            elif key == "d":
                last.discard()
                self.takes = [
                    take for take in self.takes if str(take.number) != last.number
                ]  # what is gone lacks nothing
                self._say(f"take {last.number} ({last.label}) discarded")
            else:
                self._print(show(last))
        except UserError as error:
            self._say(str(error))

    def _type(self, typed: str, key: str) -> None:
        if key in ENTER:
            self._typed, self.state = None, READY
            self._relabel(typed)
        elif key == ESCAPE:
            self._typed, self.state = None, READY
        elif key in BACKSPACE:
            self.state = self.state[: len(self.state) - bool(typed)]
            self._typed = typed[:-1]
        elif key.isprintable():
            self._typed = typed + key
            self.state += key

    def _relabel(self, label: str) -> None:
        try:
            last = Last.of(self.recorder.manifest)
            last.relabel(label)
            self._say(f"take {last.number}: {last.label} is now {label}")
        except UserError as error:
            self._say(str(error))

    def _say(self, line: str) -> None:
        self.last = printable(line)
        self.console.print(self.last, markup=False, highlight=False, emoji=False)

    def _print(self, lines: Iterator[str]) -> None:
        for line in lines:
            shown = printable(line)
            self.console.print(shown, markup=False, highlight=False, emoji=False, no_wrap=True, crop=True)


def run(recorder: Recorder, options: Options) -> bool:
    """True when every take is whole; what was being recorded is closed whatever happens."""
    desk = Desk(recorder, options)
    try:
        return desk.run()
    finally:
        left = recorder.stop("stopped")
        if left is not None:
            echo(takes_line(left))
        for line in summary(recorder):
            echo(line)
