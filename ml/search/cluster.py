"""The same search over a Ray cluster: a plain task for each trial. Ray is an extra: `pip install thimble[cluster]`.

The process that began the search asks and tells, in the order of the trials, so that one seed and one number of tasks
give one result, whatever ends first. A task is given the journal as it was when the trial was asked for, loads the
study from it, and trains. Data sets travel once, by the hash of their content. A task whose worker dies is started
again by Ray; the process itself may be killed too, and the same command goes on.
"""

import contextlib
import hashlib
import io
import os
import tempfile
import time
import zipfile
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import optuna

from ml.data.fetching.unpack import unpack
from ml.design.design import of_table
from ml.errors import UserError
from ml.kept import made_once
from ml.paths import CACHE, ROOT
from ml.progress import say
from ml.search import loop
from ml.search.candidate import Bench
from ml.search.loop import Enough
from ml.search.study import Study, proposed
from ml.search.subject import Asked

RETRIES = 3  # of a task whose worker died
LIMIT = 1 << 33  # bytes of a data set, unpacked


def run(asked: Asked, enough: Enough, address: str, tasks: int | None = None) -> list[dict]:
    """As `loop.run`, with `tasks` trials at a time (as many as the cluster has processors). `address` is as for
    `ray.init`; "local" starts a cluster on this machine."""
    with _connected(address) as ray:
        width = tasks or max(1, int(ray.cluster_resources().get("CPU", 1)))
        task = ray.remote(max_retries=RETRIES, num_cpus=1)(explore)
        sets = [ray.put(packed(Path(one))) for one in (asked.run.data or "").split(os.pathsep) if one]
        study, started, busy = loop.opened(asked), time.monotonic(), 0.0
        with study.working():
            study.revive()
            idle, open_ = 0, deque[tuple[optuna.Trial, Any]]()
            while open_ or (idle < loop.IDLE and not enough.reached(loop.trained(study), started)):
                while len(open_) < width and not enough.reached(loop.trained(study), started):
                    open_.append(_begun(asked, study, task, sets))
                if not open_:
                    break
                trial, reply = open_.popleft()
                made, seconds = ray.get(reply)
                before = loop.results(study)
                study.tell(trial, made)
                busy, idle = busy + seconds, 0 if loop.is_new(made) else idle + 1
                loop.report(trial.number, made, before, asked.budget)
    found = loop.results(study)
    _tell_time(len(found), time.monotonic() - started, busy, width)
    return found


def _begun(asked: Asked, study: Study, task, sets: list) -> tuple[optuna.Trial, Any]:
    journal = study.path.read_bytes()  # before this trial is asked for: what a task knows does not depend on the hour
    trial = study.ask()
    table = proposed(asked.designs, trial).table()
    return trial, task.remote(replace(asked, space=None), journal, asked.name, table, *sets)


def _tell_time(trials: int, wall: float, busy: float, width: int) -> None:
    over = max(0.0, wall * width - busy) / max(trials, 1)
    say(f"{trials} proposals in {wall:.1f} s, {width} tasks at a time: {busy:.1f} s of work, {over:.2f} s beside each")


def explore(asked: Asked, journal: bytes, name: str, table: dict, *sets: bytes) -> tuple[dict, float]:
    """In a worker: what `loop.explored` says, and how long it took."""
    started = time.monotonic()
    here = _here(asked, *sets)
    others = _results(journal, name, asked)
    made = loop.explored(here, _bench(here), of_table(table, "a trial"), others)
    return made, time.monotonic() - started


def _results(journal: bytes, name: str, asked: Asked) -> list[dict]:
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "journal.log"
        path.write_bytes(journal)
        return loop.results(Study(path, name, asked.run.seed, asked.random))


@cache
def _bench(asked: Asked) -> Bench:
    return Bench(asked.task)


def _here(asked: Asked, *sets: bytes) -> Asked:
    """With the data sets in this machine's cache."""
    if not sets:
        return asked
    places = os.pathsep.join(str(unpacked(one)) for one in sets)
    return replace(asked, run=replace(asked.run, data=places))


def packed(folder: Path) -> bytes:
    """A folder with a manifest as a zip; the same files give the same bytes."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            archive.writestr(zipfile.ZipInfo(path.relative_to(folder).as_posix()), path.read_bytes())
    return made.getvalue()


def unpacked(data: bytes) -> Path:
    """The folder again, once for each content."""
    place = CACHE / "cluster" / hashlib.sha256(data).hexdigest()[:16]

    def make(scratch: Path) -> None:
        with tempfile.NamedTemporaryFile(suffix=".zip") as file:
            file.write(data)
            file.flush()
            unpack(Path(file.name), scratch / "data", "zip", LIMIT)

    made_once(place, make)
    return place / "data"


def environment() -> dict:
    """In which workers find this checkout, which has the same path on every machine."""
    places = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, places))}}


@contextlib.contextmanager
def _connected(address: str) -> Iterator[Any]:
    try:
        import ray  # noqa: PLC0415  # pyright: ignore[reportMissingImports]  an extra
    except ImportError:
        raise UserError("--ray: expected Ray, found none; install it: pip install '.[cluster]'") from None
    if ray.is_initialized():  # by the program around us, whose it stays
        yield ray
        return
    where = {} if address == "local" else {"address": address}
    try:
        ray.init(
            **where, runtime_env=environment(), log_to_driver=False, logging_level="ERROR", include_dashboard=False
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise UserError(f"--ray {address}: expected a cluster there, found none ({error!s:.100}); ray start") from None
    try:
        yield ray
    finally:
        ray.shutdown()
