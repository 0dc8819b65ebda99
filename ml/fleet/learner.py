"""The gateway's memory between rounds: the last layer in full precision, and its momentum."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ml.errors import UserError
from ml.files import replace_file
from ml.fleet.layer import Layer, last_layer, with_layer
from ml.fleet.means import of_sums
from ml.fleet.settings import SUMS, Offer, Settings
from ml.native.fleet import LOGIT

MODEL = 8  # bytes of a model's hash


@dataclass(frozen=True)
class Learner:
    """After so many rounds. `model` is the .tflite that boards run now, `base` the one of the first round.

    Logits grow as a layer learns, and the output of a layer in int8 has one range. So boards get the layer made smaller
    where its longest row has grown; they are told by how much, and learn on from the true logits.
    """

    name: str
    base: bytes
    model: bytes
    layer: Layer  # in full precision and size
    velocity: np.ndarray  # float64 (classes, features + 1)
    share: float = 1.0  # of the layer's size, in `model`

    @classmethod
    def start(cls, tflite: bytes, name: str) -> Learner:
        layer = last_layer(tflite, name)
        classes, features = layer.weights.shape
        return cls(name, tflite, tflite, layer, np.zeros((classes, features + 1)))

    def save(self, path: Path) -> None:
        """For the next round; the folder has the model beside it."""
        kept = {"base": np.frombuffer(self.base, np.uint8), "velocity": self.velocity}
        buffer = io.BytesIO()
        np.savez(buffer, weights=self.layer.weights, bias=self.layer.bias, **kept)
        replace_file(path, buffer.getvalue())

    @classmethod
    def load(cls, path: Path, model: bytes) -> Learner:
        """As `save` left it beside that model; UserError for anything else."""
        try:
            with np.load(path, allow_pickle=False) as kept:
                start = cls.start(kept["base"].tobytes(), path.name)
                made = start._with(kept["weights"], kept["bias"], kept["velocity"])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise UserError(
                f"{path}: expected what was learnt so far, found {error}; begin with another --model"
            ) from None
        if made.model != model:
            raise UserError(
                f"{path}: expected what belongs to the model beside it, found another; begin with another --model"
            )
        return made

    @property
    def hash(self) -> bytes:
        """By which members know the model."""
        return hashlib.sha256(self.model).digest()[:MODEL]

    @property
    def size(self) -> int:
        """Values of an update."""
        return self.velocity.size

    @property
    def logit_unit(self) -> int:
        """What a step of the output of `model` is in 2^-20 of a logit."""
        return round(self.layer.logit_scale / self.share * LOGIT)

    def offer(self, number: int, settings: Settings) -> Offer:
        """The next round."""
        return Offer(number, self.hash, settings, self.size, self.logit_unit)

    def shipped(self) -> Layer:
        """As boards have it."""
        return last_layer(self.model, self.name)

    def after(self, update: np.ndarray, settings: Settings) -> Learner:
        """With what a round has brought, float64 (values,)."""
        found = update.reshape(self.velocity.shape)
        if settings.kind == SUMS:
            return self._with(*of_sums(found, self.layer), 0.0 * self.velocity)
        velocity = settings.momentum * self.velocity + settings.step * found
        return self._with(*self.layer.changed(velocity), velocity)

    def _with(self, weights: np.ndarray, bias: np.ndarray, velocity: np.ndarray) -> Learner:
        share = min(1.0, _longest(last_layer(self.base, self.name).weights) / _longest(weights))
        layer = replace(self.layer, weights=weights, bias=bias)
        model = with_layer(self.base, self.name, share * weights, share * bias)
        return replace(self, model=model, layer=layer, velocity=velocity, share=share)


def _longest(weights: np.ndarray) -> float:
    return float(np.sqrt((weights**2).sum(axis=1)).max())
