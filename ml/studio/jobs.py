"""Commands that run beside the server: a training, a build. A page sees their lines; each ends with the server."""

import contextlib
import itertools
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Sequence

from ml.errors import UserError
from ml.paths import ROOT
from ml.printable import printable

KEPT_LINES = 400
KEPT_JOBS = 20
STOP_S = 20.0


class Job:
    """A command and its lines so far."""

    def __init__(self, number: int, title: str, process: subprocess.Popen) -> None:
        self.number, self.title, self.process = number, title, process
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self.status: int | None = None

    def described(self) -> dict:
        return {"job": self.number, "title": self.title, "lines": list(self.lines), "status": self.status}


class Jobs:
    """`tell` is the hub's."""

    def __init__(self, tell: Callable[..., None]) -> None:
        self._tell = tell
        self._numbers = itertools.count(1)
        self._jobs: dict[int, Job] = {}

    def start(self, title: str, command: Sequence[str], done: Callable[[int], None] = lambda status: None) -> Job:
        """`done` is told the exit status."""
        for old in sorted(number for number, job in self._jobs.items() if job.status is not None)[:-KEPT_JOBS]:
            del self._jobs[old]
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            env={**os.environ, "COLUMNS": "110"},
        )
        job = Job(next(self._numbers), title, process)
        self._jobs[job.number] = job
        self._tell("job", **job.described())
        threading.Thread(target=self._follow, args=(job, done), name=title, daemon=True).start()
        return job

    def _follow(self, job: Job, done: Callable[[int], None]) -> None:
        for line in job.process.stdout or ():
            shown = printable(line.rstrip("\n"))
            job.lines.append(shown)
            self._tell("job_line", job=job.number, line=shown)
        job.status = job.process.wait()
        self._tell("job", **job.described())
        done(job.status)

    def all(self) -> list[dict]:
        return [job.described() for job in self._jobs.values()]

    def running(self, title: str) -> bool:
        return any(job.title == title and job.status is None for job in self._jobs.values())

    def stop(self, number: int) -> None:
        """As Ctrl-C would."""
        job = self._jobs.get(number)
        if job is None or job.status is not None:
            raise UserError(f"expected a job that runs, found none of the number {number}")
        self._end(job, signal.SIGINT)

    def close(self) -> None:
        """None outlives the server."""
        left = [job for job in self._jobs.values() if job.process.poll() is None]
        for job in left:
            self._end(job, signal.SIGINT)
        for job in left:
            with contextlib.suppress(subprocess.TimeoutExpired):
                job.process.wait(STOP_S)
            self._end(job, signal.SIGKILL)

    @staticmethod
    def _end(job: Job, sign: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(job.process.pid, sign)
