"""What a fleet has learnt, as a signed update with the changed arrays alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.commands.pack import committed_header
from ml.compiler.compile import compile_model
from ml.compiler.host import HostModel
from ml.compiler.operators import Options
from ml.errors import UserError
from ml.files import replace_file
from ml.fleet.features import quantised_logits
from ml.fleet.group import Sum
from ml.fleet.learner import Learner
from ml.fleet.people import Person
from ml.fleet.robust import combined
from ml.fleet.settings import Offer
from ml.image import pack
from ml.pipeline.contract import find
from ml.pipeline.emit import BESIDE
from ml.trial.committed import Committed, committed
from ml.update.keys import Keys
from ml.update.package import Update
from ml.update.sign import Release, sign

TRIAL = 8  # windows
SO_FAR = "learner.npz"  # in a folder that a round has made


@dataclass(frozen=True)
class Base:
    """The model that the boards run, as it was compiled: `made` of the folder with header and .tflite."""

    made: Committed
    folder: Path

    def learner(self) -> Learner:
        """Before the first round, or after those of the folder."""
        path = self.folder / f"{self.made.app.name}{BESIDE}"
        if not path.is_file():
            raise UserError(f"{path}: expected the model that the header was made of, found none; compile it again")
        so_far, model = self.folder / SO_FAR, path.read_bytes()
        learner = Learner.load(so_far, model) if so_far.is_file() else Learner.start(model, path.name)
        named = self.made.model.model.hash.decode()
        if learner.hash.hex() != named:
            raise UserError(
                f"{path}: expected the model {named} of the header, found {learner.hash.hex()}; compile it again"
            )
        return learner

    def image(self, host: bool = False) -> bytes:
        """As `python -m ml pack` makes it."""
        return pack(self.made.header, host).data


def base_of(app: str, folder: Path | None) -> Base:
    """Of a folder; without one, the committed model."""
    folder = folder or committed_header(app).parent
    return Base(committed(find(app), folder), folder)


def published(base: Base, offer: Offer, sums: Sequence[Sum], folder: Path, keys: Keys, counter: int) -> Update:
    """What a round's sums make of the model, in `folder`, and the update for boards that run the base."""
    learner = base.learner()
    if offer.model != learner.hash:
        raise UserError(
            f"{base.folder}: expected the model {offer.model.hex()} that boards had in round {offer.number}, found "
            f"{learner.hash.hex()}; give its folder with --model"
        )
    if folder.exists() and folder.resolve() == base.folder.resolve():
        raise UserError(f"{folder}: expected another folder than the model's, found the same; give another --out")
    learnt = learner.after(combined(sums, offer.settings.trim), offer.settings)
    return signed(base, written(base, learnt, offer.number, folder), keys, Release(counter, str(counter), TRIAL))


def compiled(base: Base, learner: Learner, rounds: int, folder: Path) -> Path:
    """The header of what was learnt, in `folder`: the base's front end, decision and labels, and another last layer."""
    app, model = base.made.app, base.made.model.model
    made = compile_model(
        learner.model,
        app.name,
        folder,
        labels=[model.label[at].decode() for at in range(model.classes)],
        data_hash=base.made.data_hash,
        sections=app.sections(base.made.config),
        notes=[f"last layer learnt by a fleet in {rounds} rounds, from the model {model.hash.decode()}"],
        options=Options(app.optimise),
        stream=app.stream_form,
        outputs_are_labels=app.outputs_are_scores,
        title=learner.name,
    )
    return made.header


def written(base: Base, learner: Learner, rounds: int, folder: Path) -> Path:
    """A folder to begin the next round with: header, model, and what is kept in full precision. -> the header"""
    folder.mkdir(parents=True, exist_ok=True)
    header = compiled(base, learner, rounds, folder)
    replace_file(folder / f"{base.made.app.name}{BESIDE}", learner.model)
    learner.save(folder / SO_FAR)
    return header


def judged(header: Path, learner: Learner, people: Sequence[Person]) -> float:
    """The share of windows of these people that the compiled network answers as the last layer says it would, right:
    NaN without people. UserError where its answers are others."""
    if not people:
        return float("nan")
    model, layer = HostModel(header), learner.shipped()
    windows, features, labels = (
        np.concatenate([getattr(one, name) for one in people]) for name in ("windows", "test", "test_labels")
    )
    logits = quantised_logits(layer, features)
    answers = model.answers(windows)
    at = np.arange(len(answers)), answers.argmax(axis=1)
    if differ := int(np.count_nonzero(logits[at] < logits.max(axis=1) - 1)):  # floats round otherwise now and then
        raise UserError(f"{header}: expected the answers of the layer that was learnt, found {differ} others")
    return float(np.mean(answers.argmax(axis=1) == labels))


def signed(base: Base, header: Path, keys: Keys, release: Release, host: bool = False) -> Update:
    """For boards that run the base: what changed, or the whole image where the base was compiled otherwise."""
    made, before = pack(header, host), base.image(host)
    return sign(made, keys, release, base=before if len(before) == len(made.data) else None)
