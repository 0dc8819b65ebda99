"""What a person sees while boards are updated: a bar each at a terminal, a line a stage elsewhere."""

from __future__ import annotations

import threading
from types import TracebackType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from ml.link.messages import NO_SLOT, Info, Phase
from ml.link.refusals import given_up
from ml.link.slots import Step, UpdateStatus
from ml.printable import printable
from ml.progress import console, say

STAGES = {
    "announce": "announcing",
    "send": "sending blocks",
    "check": "checking the image",
    "try": "on trial, windows",
    "done": "confirmed",
}
PHASES = {
    Phase.IDLE: "nothing is on its way",
    Phase.RECEIVING: "counter {offered} is on its way, {missing} blocks are missing",
    Phase.VERIFIED: "counter {offered} is there, its trial has not begun",
    Phase.TRIAL: "counter {offered} is on trial, {windows} windows are left",
}


class Teller:
    """Called from the threads of the boards."""

    def __init__(self) -> None:
        columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn())
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._tasks: dict[str, TaskID] = {}
        self._stages: dict[str, str] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Teller:
        self._progress.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._progress.stop()

    def hear(self, name: str, step: Step) -> None:
        """A step of that board."""
        with self._lock:
            if step.note:
                say(f"{name}: {step.note}")
            if step.stage != self._stages.get(name) and not console.is_terminal and step.stage != "done":
                say(f"{name}: {STAGES[step.stage]}" + (f" ({step.total})" if step.total else ""))
            self._stages[name] = step.stage
            if name not in self._tasks:
                self._tasks[name] = self._progress.add_task(printable(name))
            described = printable(f"{name}: {STAGES[step.stage]}")
            done, total = (1, 1) if step.stage == "done" else (step.done, step.total or 1)
            self._progress.update(self._tasks[name], description=described, completed=done, total=total)


def state(info: Info, status: UpdateStatus, firmware: bool = False) -> str:
    """Of a board, in a line; `firmware`: of what its firmware is, not its model."""
    update = info.update
    running = "the firmware that was flashed" if firmware else "the compiled-in model"
    if firmware and status.running != NO_SLOT:
        running = f"firmware of slot {status.running}, image {status.digest[:8].hex()}"
    elif status.running != NO_SLOT:
        version = f" {update.version}" if update and update.version else ""
        running = f"slot {status.running},{version} image {status.digest[:8].hex()}"
    parts = [f"{info.app}{f' of {update.product}' if update else ''} runs {running}", f"counter {status.counter}"]
    pattern = PHASES[Phase(status.phase)] if status.phase in set(Phase) else f"phase {status.phase}"
    parts.append(pattern.format(offered=status.offered, missing=status.missing, windows=status.windows))
    parts += [f"the last image was given up: {given_up(status.given_up)}"] if status.given_up else []
    return "; ".join([*parts, f"slots of {status.slot:,} B"])
