"""Train and judge: commands that run beside, confusion, trade-off, streams, and negatives for the data set."""

import sys
from pathlib import Path

from ml.capture.names import checked
from ml.capture.take import Naming
from ml.cli import COMMANDS
from ml.errors import UserError
from ml.link.messages import ALL, Command
from ml.paths import ROOT
from ml.pipeline.apps import APPS
from ml.studio import judging, storing
from ml.studio.judging import Judged
from ml.studio.panels import Handler
from ml.studio.panels.label import CUT
from ml.studio.said import Said
from ml.studio.state import Studio

TRAINING = tuple(name for name in ("run", "shrink", "search") if name in COMMANDS)
SIMULATED = "simulated"
THIS = "this data set"
SHIPPED, OWN = "shipped", "trained here"
SESSION = "false_alarms"


def _out(app: str) -> Path:
    """Where a training of the page leaves its header: the shipped one in lib stays."""
    return ROOT / "build" / "studio" / app


def _folders(studio: Studio) -> dict[str, Path]:
    """Data sets: the one of this page and what was cut out of it."""
    found = {THIS: studio.root, CUT: studio.root / CUT}
    return {name: path for name, path in found.items() if (path / "manifest.csv").is_file()}


def offers(studio: Studio, said: Said) -> dict:
    models = {app: [SHIPPED, *([OWN] if (_out(app) / f"{app}_model.h").is_file() else [])] for app in APPS}
    return {"apps": list(APPS), "commands": list(TRAINING), "data": list(_folders(studio)), "models": models}


def train(studio: Studio, said: Said) -> dict:
    """As a user would start it; the header goes to build/studio/APP."""
    app, name = said.one_of("app", APPS), said.one_of("command", TRAINING)
    folders = _folders(studio)
    data = said.one_of("data", [SIMULATED, *folders])
    command = [sys.executable, "-m", "ml", name, app]
    command += [] if data == SIMULATED else ["--data", str(folders[data])]
    command += ["--quick"] if said.yes("quick") and name == "run" else []
    command += ["--out", str(_out(app))]
    title = f"{name} {app}"
    if studio.jobs.running(title):
        raise UserError(f"{title}: expected one at a time, found one that runs; wait for it, or stop it")
    return {"job": studio.jobs.start(title, command).number}


def judge(studio: Studio, said: Said) -> dict:
    app = said.one_of("app", APPS)
    folders = _folders(studio)
    if not folders:
        raise UserError(f"{studio.root}: expected recordings, found none; record some")
    root = folders[said.one_of("data", folders)]
    folder = _out(app) if said.one_of("model", [SHIPPED, OWN], SHIPPED) == OWN else ROOT / "lib" / f"{app}_model"
    made = studio.compute(judging.judge, root, app, folder)
    studio.kept["judged"] = made
    return made.told


def _judged(studio: Studio) -> Judged:
    if "judged" not in studio.kept:
        raise UserError("expected a model that was judged, found none; judge one first")
    return studio.kept["judged"]


def _threshold(said: Said) -> int | None:
    """-1: as shipped, each class its own."""
    given = said.whole("threshold", -1, 255, -1)
    return None if given < 0 else given


def timeline(studio: Studio, said: Said) -> dict:
    return judging.timeline(_judged(studio), _threshold(said))


def write(studio: Studio, said: Said) -> dict:
    """To the board that is connected, all classes; until it restarts. Answers what the board then says."""
    threshold, live = said.whole("threshold", 0, 255), studio.board
    live.ask(Command.SET_THRESHOLD, bytes([ALL, threshold]))
    return {"thresholds": list(live.ask(Command.GET_THRESHOLDS)), "board": live.port}


def negative(studio: Studio, said: Said) -> dict:
    """A false alarm becomes a take of the data set, with the label of what is none of the events."""
    judged = _judged(studio)
    place = said.whole("stream", 0, 10**6), said.whole("detection", 0, 10**6)
    samples, rate_hz, alarm = judging.around(judged, *place, _threshold(said))
    of = judged.ran[place[0]].scored.stream
    note = f"false alarm {alarm.label} of {judged.app} at {alarm.sample / rate_hz:.2f} s of {of.subject}"
    naming = Naming(checked("label", judged.background), checked("subject", of.subject), SESSION)
    with studio.manifest() as manifest:
        if any(row.get("note") == note for row in manifest.rows):
            raise UserError(f"expected a new negative, found it in the data set already: {note}")
        file = storing.store(manifest, naming, of.sensor, samples, rate_hz, note, judged.app)
    studio.hub.tell("added", file=file)
    return {"file": file, "label": judged.background}


GET: dict[str, Handler] = {"/api/judge/offers": offers, "/api/judge/timeline": timeline}
POST: dict[str, Handler] = {
    "/api/judge/train": train,
    "/api/judge": judge,
    "/api/judge/thresholds": write,
    "/api/judge/negative": negative,
}
