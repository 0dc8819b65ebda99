"""Writes `report.html` from the files that the pipeline's steps left in a folder. No network, no scripts."""

import json
from pathlib import Path

import jinja2

from ml.data.quality import report as quality
from ml.data.split import named
from ml.errors import UserError
from ml.evaluate import operating_point, untested
from ml.evaluate.accuracy import flat
from ml.evaluate.each_class import thresholds
from ml.evaluate.intervals import short
from ml.evaluate.timeline import by_subject
from ml.files import replace_file
from ml.native.decide import DecideConfig
from ml.report import device, plots

NEEDED = ("run", "data", "history", "layers", "decision", "metrics", "streams", "compiled")
MILLISECONDS = 1000
MOST_TIMELINES = 8  # pictures of streams; with many subjects the first of them stand for all


def templates(folder: Path) -> jinja2.Environment:
    """The templates of a folder, and those that pages share."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )


def write(folder: Path) -> Path:
    """Reads the results in `folder`, writes report.html there and returns its path."""
    found = {name: _read(folder / f"{name}.json") for name in NEEDED}
    board = device.load(folder, found["compiled"]["model"])
    environment = templates(Path(__file__).parent)
    left_out, curve = _kept(folder, "crossval", found), _kept(folder, "learning_curve", found)
    robust = _robustness(folder, found["compiled"]["model"])
    environment.filters |= {"short": short, "named": named, "flat": flat}
    template = environment.get_template("report.html.j2")
    people = named(found["data"]["split"]["test"])
    text = template.render(
        **found,
        device=board,
        left_out=left_out,
        boards=_boards(folder, found["compiled"]["model"]),
        people=people,
        untested=untested.in_words(found["metrics"].get("untested", []), found["data"]["split"]["test"]),
        subjects={name: one.summary() for name, one in by_subject(found["streams"]).items()},
        threshold=_threshold(found["decision"]["config"]),
        candidates=_candidates(folder),
        quality=_quality(folder, found["data"]["hash"]),
        verdict=operating_point.judged_by(folder),
        warnings=operating_point.warnings(folder),
        own_figures=flat(found["metrics"].get("more") or {}),
        robustness=robust,
        pictures=_pictures(found, board)
        | {
            "learning_curve": curve and plots.learning_curve(curve["points"]),
            "robustness": robust and plots.robustness(robust["rows"]),
        },
        command=_command(found["run"]),
    )
    path = folder / "report.html"
    replace_file(path, text.encode())
    return path


def _read(path: Path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        how = f"`python -m ml compile {path.parent.name}`"
        raise UserError(f"{path}: expected results of {how}, found none; run that first") from None


def _candidates(folder: Path) -> list[dict]:
    """The models among which the pipeline chose; none where there was no choice."""
    path = folder / "candidates.json"
    return _read(path) if path.is_file() else []


def _quality(folder: Path, data: str) -> dict | None:
    """What there was to say about the recordings, where it was about these."""
    path = folder / "data_quality.json"
    kept = _read(path) if path.is_file() else None
    if not kept or kept.get("data") != data:
        return None
    return {"headline": quality.headline(kept), "tables": [table for table in quality.tables(kept) if table[1]]}


def _kept(folder: Path, name: str, found: dict) -> dict | None:
    """What another command (`crossval`, `learning-curve`) found on the same data, where it has been run."""
    path = folder / f"{name}.json"
    kept = _read(path) if path.is_file() else None
    same = kept and (kept["data"], kept["quick"]) == (found["data"]["hash"], found["run"]["quick"])
    return kept if same else None


def _boards(folder: Path, model: str) -> list[dict]:
    """What `stream --on ...` found with this model, a board each."""
    kept = [_read(path) for path in sorted(folder.glob("stream-*.json"))]
    return [one for one in kept if one.get("model") == model and one["board"]]


def _robustness(folder: Path, model: str) -> dict | None:
    """What `robustness` found with this model."""
    path = folder / "robustness.json"
    kept = _read(path) if path.is_file() else None
    return kept if kept and kept.get("model") == model else None


def _pictures(found: dict, board: device.DeviceRun | None) -> dict:
    compiled, labels = found["compiled"], found["data"]["classes"]
    made = {
        "training": plots.training(found["history"]),
        "confusion_float": plots.confusion(found["metrics"]["float"]["confusion"], labels),
        "confusion_int8": plots.confusion(found["metrics"]["int8"]["confusion"], labels),
        "flash": plots.flash(compiled["layers"]),
        "arena": plots.arena(compiled["buffers"], compiled["layers"], compiled["arena_bytes"]),
        "timelines": [(one["subject"], plots.timeline(one)) for one in found["streams"][:MOST_TIMELINES]],
        "trade_off": _trade_off(found),
        "cycles": None,
        "latency": None,
    }
    if board:
        rows = [("front end", board.frontend_cycles), *board.layer_cycles, ("decision", board.decide_cycles)]
        if not board.layer_cycles:
            rows.insert(1, ("inference", board.inference_cycles))
        made["cycles"] = plots.cycles(rows, "instructions" if board.exact else "cycles")
    if board and board.events:
        made["latency"] = plots.latencies([event.latency_us / MILLISECONDS for event in board.events])
    return made


def _threshold(config: dict) -> str:
    own = thresholds(DecideConfig(**config))
    return str(own[0]) if len(set(own)) == 1 else f"{min(own)} to {max(own)} (each class has its own)"


def _trade_off(found: dict) -> str | None:
    kept, reached = found["metrics"].get("trade_off"), found["decision"]["validation"]
    return plots.trade_off(kept, reached["target_per_hour"]) if kept and kept["movements"] and reached else None


def _command(run: dict) -> str:
    """The command that makes these results again."""
    words = ["python -m ml run", run["app"]]
    words += ["--data", run["data"]] if run["data"] else []
    words += [f"--hold-out {subject}" for subject in run["hold_out"]]
    words += [f"--seed {run['seed']}"] if run["seed"] else []
    words += [f"--words {','.join(run['words'])}"] if run.get("words") else []
    words += [f"--target-false-alarms-per-hour {run['target']:g}"] if run.get("target") is not None else []
    words += [f"--upper-bound-per-hour {run['bound']:g}"] if run.get("bound") is not None else []
    words += ["--quick"] if run["quick"] else []
    return " ".join(words)
