"""What a network learns from, as arrays: a technique of `ml/compress` trains with these and needs no application."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.progress import track
from ml.train.keras import compiled, keras_module

SCALE = np.float32(1 / 64)  # int8 -> float, as the network sees it


@dataclass(frozen=True)
class Lessons:
    """Training examples, and how an application trains with them."""

    inputs: np.ndarray  # int8 (n, ...), as the front end makes them
    labels: np.ndarray  # int (n,): the class of each; a part of them is drawn evenly over the classes
    targets: np.ndarray  # float32 (n, size): what the network should answer; one-hot, or the window itself
    loss: str | Callable = "categorical_crossentropy"  # a Keras loss, or a function of (targets, answers)
    makes_again: bool = False  # targets are the inputs, not classes
    smoothing: float = 0.0  # of the labels, where the loss takes any
    batch: int = 64
    rate: float = 1e-3  # the highest learning rate of a network that starts from nothing
    epochs: int = 10  # that such a network takes
    scale: float = float(SCALE)  # of the int8 inputs
    vary: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None  # float inputs, anew in each epoch
    anew: Callable[[int, Any], "Lessons"] | None = None  # (epoch, Keras network) -> as many other examples

    def __len__(self) -> int:
        return len(self.inputs)

    def of_epoch(self, epoch: int, network) -> "Lessons":
        """What `network` is shown in an epoch: new examples where the application draws any, or else always these."""
        return self.anew(epoch, network) if self.anew else self

    def shown(self, chosen: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The chosen inputs, float32 (k, ...), as training shows them."""
        inputs = self.real(self.inputs[chosen])
        return self.vary(inputs, rng) if self.vary else inputs

    def real(self, inputs: np.ndarray) -> np.ndarray:
        """int8 inputs as the network takes them, float32."""
        return inputs.astype(np.float32) * np.float32(self.scale)

    def function(self):
        """The loss, a Keras one."""
        losses = keras_module().losses
        if self.loss == "categorical_crossentropy":
            return losses.CategoricalCrossentropy(label_smoothing=self.smoothing)
        return self.loss if callable(self.loss) else losses.get(self.loss)


def classes(inputs: np.ndarray, labels: np.ndarray, count: int, scale: float = float(SCALE), **how) -> Lessons:
    """Lessons of a classifier: inputs int8 (n, ...) of a scale, labels int (n,) below `count`."""
    return Lessons(inputs, labels, np.eye(count, dtype=np.float32)[labels], scale=scale, **how)


def tune(model, lessons: Lessons, epochs: int, seed: int, rate: float | None = None) -> list[float]:
    """Trains `model` on, in place, with a cosine learning rate that starts at `rate` (a third of the lessons' own);
    returns the loss of each epoch. The caller seeds Keras (`keras.utils.set_random_seed`) for dropout."""
    keras, rng = keras_module(), np.random.default_rng(seed)
    steps = max(1, epochs * -(-len(lessons) // lessons.batch))
    schedule = keras.optimizers.schedules.CosineDecay(lessons.rate / 3 if rate is None else rate, steps)
    compiled(model, keras.optimizers.Adam(schedule), lessons.function())
    return [_epoch(model, lessons.of_epoch(one, model), rng) for one in track(range(epochs), "tuning", epochs)]


AT_ONCE = 16384  # inputs that are float at a time; a multiple of any batch but the last


def _epoch(model, lessons: Lessons, rng: np.random.Generator) -> float:
    order, losses = rng.permutation(len(lessons)), []
    size = max(1, AT_ONCE // lessons.batch) * lessons.batch
    for at in range(0, len(order), size):
        some = order[at : at + size]
        made = model.fit(lessons.shown(some, rng), lessons.targets[some], lessons.batch, shuffle=False, verbose=0)
        losses.append(made.history["loss"][0] * len(some))
    return float(sum(losses) / len(order))
