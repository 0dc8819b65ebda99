"""What a user asked for, kept in `run.json` for the commands that follow, and where results go."""

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path

from ml.compress import recipe
from ml.compress.recipe import PLAIN, Recipe
from ml.data.manifest import Dataset
from ml.data.quality.report import refuse
from ml.data.split import Split
from ml.design import design
from ml.errors import UserError
from ml.files import write_json
from ml.paths import ROOT
from ml.pipeline.contract import App, find
from ml.pipeline.coverage import check_trained, covering
from ml.pipeline.emit import BESIDE
from ml.pipeline.stages import chosen
from ml.pipeline.task import Task

VERSION = 1  # of run.json


@dataclass(frozen=True)
class Run:
    """One run of the pipeline."""

    app: str
    data: str | None = None  # folder of recordings, or several with os.pathsep between; None: simulated
    hold_out: tuple[str, ...] = ()
    seed: int = 0
    quick: bool = False
    words: tuple[str, ...] = ()  # keywords; none: the application's
    strict: bool = False  # refuse data of which something had to be left out
    out: str | None = None  # folder for everything; None: build/<app>, and lib/<app>_model for the header
    target: float | None = None  # false alarms per hour; None: the application's
    aim: float | None = None  # another for the operating point alone
    bound: float | None = None  # of the upper end of the interval around the operating point; None: the application's

    @property
    def folder(self) -> Path:
        return results(self.app, self.out)

    @property
    def header_folder(self) -> Path:
        return Path(self.out) if self.out else ROOT / "lib" / f"{self.app}_model"

    @property
    def tflite(self) -> Path:
        """Of the header, beside it."""
        return self.header_folder / f"{self.app}{BESIDE}"

    def application(self) -> App:
        app = find(self.app, self.quick)
        if self.out:  # where `search --apply` left one
            app = app.designed(design.read(Path(self.out) / design.FILE))
        return app.with_words(self.words) if self.words else app

    def asked(self, with_recipe: Recipe | None = None, simulated_mhz: int | None = None) -> Task:
        """Stages `data` and `split`: their hash is the key of all that follow, so they are never taken as before.
        `simulated_mhz` is a rate that recordings get where they are simulated."""
        app = self.application()
        if simulated_mhz:
            app = app.simulating_at(simulated_mhz)
        data = app.data_of(tuple(map(Path, self.data.split(os.pathsep))) if self.data else (), self.seed)
        if self.strict:
            refuse(data)
        split, notes = _split(app, data, self.hold_out)
        check_trained(app, data, split)
        app = app.of_data(data.of(split.train + split.validation))
        limits = (self.target, self.aim, self.bound)
        task = Task(
            app, data, split, self.seed, *limits, recipe=with_recipe or self.recipe(app), quick=self.quick, notes=notes
        )
        _ = task.limits  # refuses a bound below the target
        return task

    def task(self, with_recipe: Recipe | None = None) -> Task:
        """The same with the best of the application's candidates."""
        return chosen(self.asked(with_recipe))

    def recipe(self, app: App) -> Recipe:
        """That of `--out`, where `shrink --apply` left one, or of the application; a trial does without the latter, as
        its epochs are those of a whole training."""
        own = Path(self.out) / "recipe.toml" if self.out else None
        if own and own.is_file():
            return recipe.read(own)
        return PLAIN if self.quick else app.recipe()

    def save(self) -> None:
        write_json(self.folder / "run.json", {"version": VERSION} | dataclasses.asdict(self))


def _split(app: App, data: Dataset, hold_out: tuple[str, ...]) -> tuple[Split, tuple[str, ...]]:
    """The split, and what was changed about the one by default so that each class is trained and tested."""
    try:
        split = app.split(data, hold_out)
        return (split, ()) if hold_out else covering(app, data, split)
    except UserError as error:
        if not data.left_out:
            raise
        raise UserError(f"{error} ({len(data.left_out)} left out, the first: {data.left_out[0].reason})") from None


def results(app: str, out: str | None = None) -> Path:
    """The folder of an app's results."""
    return Path(out) if out else ROOT / "build" / app


def last_or_committed(app: str, out: str | None = None) -> Run:
    """The run that `train` or `run` began last; before the first one the committed model's, with simulated people."""
    find(app)
    return Run(app) if out is None and not (results(app) / "run.json").exists() else last(app, out)


def last(app: str, out: str | None = None) -> Run:
    """The run that `train` or `run` began last."""
    find(app)
    path = results(app, out) / "run.json"
    try:
        kept = json.loads(path.read_text())
        version = kept.pop("version")
        lists = {"hold_out": tuple(kept["hold_out"]), "words": tuple(kept.get("words", ()))}
        run = Run(**kept | lists | {"out": out})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        how = f"`python -m ml train {app}`"
        raise UserError(f"{path}: expected what {how} leaves, found none; run that first") from None
    if version != VERSION:
        raise UserError(f"{path}: expected version {VERSION}, found {version}; run `python -m ml train {app}` again")
    return run
