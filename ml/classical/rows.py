"""Rows to learn from and to judge by: of an application's front end and features, or of a file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.classical.features import features, names
from ml.classical.form import MOST, checked_inputs
from ml.data.arrays import DAMAGED, unpacked
from ml.data.split import by_subject
from ml.data.untrusted import MAX_ARRAY, why
from ml.errors import UserError
from ml.pipeline.run import Run
from ml.train.examples import HeldOut

MOST_ROWS = 6000  # to learn from: the same share of each subject
TEST_SHARE = 4  # of rows without subjects, one in four judges


@dataclass(frozen=True)
class Rows:
    """Labelled rows: int8 (n, inputs), int (n,), and who or what each is of."""

    inputs: np.ndarray
    labels: np.ndarray
    subjects: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, chosen: np.ndarray) -> "Rows":
        return Rows(self.inputs[chosen], self.labels[chosen], self.subjects[chosen])


@dataclass(frozen=True)
class Material:
    """What a search is given."""

    train: Rows
    check: Rows  # of the subjects that train, for those turns in which they do not: as the test's rows are made
    test: Rows
    labels: list[str]
    names: list[str]  # of the inputs
    said: str  # who judges
    run: Run | None = None  # of an application
    held_out: HeldOut | None = None


def of_app(run: Run) -> Material:
    """Windows of the application's own front end, through the features in C. Nobody of the test is among those that
    train."""
    task = run.asked()
    app, labels = task.app, task.app.labels(task.data)
    people = task.split.train + task.split.validation
    parts = [(person, app.examples(task.data.of((person,)), labels, run.seed)) for person in people]
    held_out = app.held_out(task.data.of(task.split.test), labels)
    channels = held_out.inputs.shape[2] if held_out.inputs.ndim == 3 else 0
    if not channels:
        raise UserError(f"{run.app}: expected windows (rows, channels), found {held_out.inputs.shape[1:]}")
    each = max(1, MOST_ROWS // len(parts))
    train = _joined(
        [
            Rows(features(one.inputs[:each]), one.labels[:each], np.repeat(who, min(each, len(one))))
            for who, one in parts
        ]
    )
    alone = [(person, app.held_out(task.data.of((person,)), labels)) for person in people]
    check = _joined([Rows(features(one.inputs), one.labels, np.repeat(who, len(one))) for who, one in alone])
    test = Rows(features(held_out.inputs), held_out.labels, np.repeat("test", len(held_out)))
    channel = ["ax", "ay", "az", "gx", "gy", "gz"] if channels == 6 else [f"c{i}" for i in range(channels)]
    said = f"{', '.join(task.split.test)}, held out of training"
    return Material(train, check, test, labels, names(channel), said, run, held_out)


def _joined(parts: list[Rows]) -> Rows:
    return Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("inputs", "labels", "subjects")))


def of_file(path: Path, hold_out: tuple[str, ...], seed: int) -> Material:
    """An .npz of `inputs` (n, inputs), `labels` (n,) and, where there are any, `subjects` (n,)."""
    found = _arrays(path)
    inputs = checked_inputs(found["inputs"])
    classes, labels = np.unique(found["labels"].astype(str), return_inverse=True)
    if not 2 <= len(classes) <= MOST:
        raise UserError(f"{path}: expected 2 to {MOST} labels, found {len(classes)}")
    numbers = [f"x{i}" for i in range(inputs.shape[1])]
    if "subjects" in found:
        rows = Rows(inputs, labels, found["subjects"].astype(str))
        split = by_subject(sorted(set(rows.subjects.tolist())), hold_out)
        test = np.isin(rows.subjects, split.test)
        said = f"{', '.join(split.test)}, held out of training"
    else:
        if hold_out:
            raise UserError(f"{path}: expected `subjects` for --hold-out, found none; add them or leave it out")
        rows = Rows(inputs, labels, np.random.default_rng(seed).permutation(len(labels)).astype(str))
        test = rows.subjects.astype(int) % TEST_SHARE == 0
        said = "drawn by lot: rows of one person may be on both sides"
    train = _few(rows.where(~test))
    material = Material(train, train, rows.where(test), classes.tolist(), numbers, said)
    if len(set(material.train.labels.tolist())) < len(classes):
        raise UserError(f"{path}: expected rows of all {len(classes)} labels to train with, found fewer; add rows")
    return material


def _few(rows: Rows) -> Rows:
    return rows.where(np.sort(np.random.default_rng(0).permutation(len(rows))[:MOST_ROWS]))


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """Numbers and texts alone: nothing is unpickled."""
    try:
        found = unpacked(path, MAX_ARRAY, ("inputs", "labels", "subjects"))
    except DAMAGED as error:
        raise UserError(f"{path}: expected an .npz of arrays `inputs` and `labels`, found: {why(error)}") from None
    missing = {"inputs", "labels"} - set(found)
    if missing:
        raise UserError(f"{path}: expected arrays `inputs` and `labels`, found no `{sorted(missing)[0]}`")
    counts = {len(value) if value.ndim else 0 for value in found.values()}
    if len(counts) != 1 or not counts.pop() or any(found[name].ndim != 1 for name in found if name != "inputs"):
        raise UserError(
            f"{path}: expected as many labels as rows, found {found['inputs'].shape} and {found['labels'].shape}"
        )
    if any(found[name].dtype.kind not in "iuUS" for name in found if name != "inputs"):
        raise UserError(f"{path}: expected labels and subjects as whole numbers or text, found {found['labels'].dtype}")
    return found
