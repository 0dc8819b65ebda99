"""Recording by hand: keys, a live screen, one take after the other."""

import time
from collections.abc import Iterator

from rich.console import Console, Group
from rich.live import Live

from ml.capture.last import Last
from ml.capture.options import Options
from ml.capture.recorder import Recorder
from ml.capture.report import summary, takes_line
from ml.capture.sitting import READY, Sitting
from ml.errors import UserError
from ml.printable import printable
from ml.progress import echo
from tools.capture.keys import Keys
from tools.capture.playback import show
from tools.capture.screen import render

STEP_S = 0.05
FRAMES_PER_S = 8
ENTER, ESCAPE, BACKSPACE = ("\n", "\r"), "\x1b", ("\x7f", "\b")


class Desk:
    """One sitting at the terminal."""

    def __init__(self, recorder: Recorder, options: Options) -> None:
        self.recorder, self.options = recorder, options
        self.sitting = Sitting(recorder, options, lambda take: self._say(takes_line(take)))
        self.last = ""
        self._typed: str | None = None  # a label that is being typed
        self._quit = False
        self.console = Console()

    def run(self) -> bool:
        """True when every take is whole."""
        self.recorder.wait_until_ready()
        self.sitting.prepare()
        with Keys() as keys, Live(console=self.console, auto_refresh=False, transient=True) as live:
            shown = 0.0
            while not self._quit:
                self.recorder.step(STEP_S)
                self.sitting.look()
                if key := keys.pressed():
                    self._press(key)
                if time.monotonic() - shown > 1 / FRAMES_PER_S:
                    shown = time.monotonic()
                    live.update(self._screen(), refresh=True)
        if any(take.is_whole for take in self.sitting.takes):
            self.recorder.settle()
        return all(take.is_whole for take in self.sitting.takes)

    def _screen(self) -> Group:
        return render(self.recorder, self.options, self.sitting.label, self.sitting.state, self.last)

    def _press(self, key: str) -> None:
        sitting = self.sitting
        if self._typed is not None:
            self._type(self._typed, key)
        elif key == " ":
            sitting.toggle()
        elif key.isdecimal() and 0 < int(key) <= len(self.options.labels) and not self.recorder.recording:
            sitting.label = self.options.labels[int(key) - 1]
        elif key == "q":
            sitting.left, self._quit = 0, True
            if self.recorder.recording:
                sitting.stop()
        elif key in "rdp" and not self.recorder.recording:
            self._change(key)

    def _change(self, key: str) -> None:
        try:
            last = Last.of(self.recorder.manifest)
            if key == "r":
                self._ask(f"new label of take {last.number} ({last.label}): ")
            elif key == "d":
                last.discard()
                takes = self.sitting.takes
                takes[:] = [take for take in takes if str(take.number) != last.number]  # what is gone lacks nothing
                self._say(f"take {last.number} ({last.label}) discarded")
            else:
                self._print(show(last))
        except UserError as error:
            self._say(str(error))

    def _ask(self, question: str) -> None:
        self._typed, self.sitting.held, self.sitting.state = "", True, question

    def _answered(self) -> None:
        self._typed, self.sitting.held, self.sitting.state = None, False, READY

    def _type(self, typed: str, key: str) -> None:
        sitting = self.sitting
        if key in ENTER:
            self._answered()
            self._relabel(typed)
        elif key == ESCAPE:
            self._answered()
        elif key in BACKSPACE:
            sitting.state = sitting.state[: len(sitting.state) - bool(typed)]
            self._typed = typed[:-1]
        elif key.isprintable():
            self._typed = typed + key
            sitting.state += key

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
