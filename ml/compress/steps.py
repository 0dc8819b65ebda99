"""The steps of a recipe by name: from one network to the next.

made = run(Step("prune.channels", {"keep": 0.5}), Network(model), lessons, seed=0)

A technique is a plain function over a Keras model and `Lessons` (arrays), in a module of its subject. A step is the
line here that gives it its name in a recipe. It may change the model that it is given: the pipeline loads that from a
file.
"""

import importlib
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ml.compress import qat, quantise
from ml.compress.recipe import Parameters, Step
from ml.errors import UserError
from ml.files import write_json
from ml.train.keras import keras_module
from ml.train.lessons import Lessons, tune


@dataclass(frozen=True)
class Network:
    """What goes from step to step."""

    model: Any  # Keras: float32 (n, ...) -> (n, size)
    bits: dict[str, int] = field(default_factory=dict)  # layer -> of its weights; 8 where it is not named
    trained: Any = None  # Keras: as it was before any step, for a teacher; never changed

    def save(self, folder: Path) -> None:
        """-> model.keras, network.json."""
        self.model.save(folder / "model.keras")
        write_json(folder / "network.json", {"bits": self.bits})


def load(folder: Path, trained: Path) -> Network:
    """The network that a step, or the training, left in `folder`; `trained` is the training's folder."""
    kept = folder / "network.json"
    bits = json.loads(kept.read_text())["bits"] if kept.is_file() else {}
    return Network(load_model(folder), bits, load_model(trained))


def load_model(folder: Path):
    """The Keras model of a folder."""
    importlib.import_module("ml.compress.fake")  # its layers may be among them
    return keras_module().models.load_model(folder / "model.keras", compile=False)


# name -> module:function(network: Network, lessons: Lessons, seed: int, **parameters) -> Network
STEPS = {
    "tune": "ml.compress.steps:tuned",
    "restart": "ml.compress.steps:restarted",
    "prune.channels": "ml.compress.named:pruned",
    "prune.gradual": "ml.compress.named:pruned_gradually",
    "prune.layers": "ml.compress.named:without_layers",
    "prune.weights": "ml.compress.named:sparsely",
    "distil": "ml.compress.named:distilled",
    "equalise": "ml.compress.named:equalised",
    "plan": "ml.compress.named:planned",
    "round": "ml.compress.named:rounded",
    "qat": "ml.compress.named:aware",
}


def run(step: Step, network: Network, lessons: Lessons, seed: int) -> Network:
    """Does one step; the same seed gives the same weights. UserError for an unknown name or parameter."""
    function = find(step)
    keras_module().utils.set_random_seed(seed)
    return function(network, lessons, seed, **step.parameters)


def find(step: Step) -> Callable[..., Network]:
    """The function of a step, whose parameters it takes."""
    if step.do not in STEPS:
        raise UserError(f"expected a step of {', '.join(STEPS)}, found {step.do!r}")
    module, name = STEPS[step.do].split(":")
    function = getattr(importlib.import_module(module), name)
    known = list(inspect.signature(function).parameters)[3:]
    strange = sorted(set(step.parameters) - set(known))
    if strange:
        raise UserError(f"step {step.do}: expected {', '.join(known) or 'no parameter'}, found {', '.join(strange)}")
    return function


def tuned(network: Network, lessons: Lessons, seed: int, epochs: int, rate: float | None = None) -> Network:
    """Trains on, at a third of the first learning rate unless `rate` says another."""
    tune(network.model, lessons, epochs, seed, rate)
    return network


def restarted(network: Network, lessons: Lessons, seed: int, epochs: int) -> Network:
    """The same network from scratch: what a smaller one must be compared with."""
    model = keras_module().models.clone_model(network.model)
    tune(model, lessons, epochs, seed, lessons.rate)
    return replace(network, model=model)


def convert(network: Network, lessons: Lessons, seed: int, how: Parameters) -> bytes:
    """The last step: a `.tflite` with the ranges that an earlier step gave, or else int8, calibrated with a part of the
    lessons. `how` is the recipe's [convert]: its `form` may be float16 or dynamic-range, for a host."""
    strange, form = sorted(set(how) - {"form"}), how.get("form", "int8")
    if strange or form not in ("int8", *quantise.FOR_HOSTS):
        known = ", ".join(("int8", *quantise.FOR_HOSTS))
        raise UserError(f"[convert]: expected form = one of {known}, found {', '.join(strange) or repr(form)}")
    ranged = any(type(layer).__name__ == "FakeRange" for layer in network.model.layers)
    if form != "int8":
        if ranged:
            raise UserError(f"[convert]: expected form = int8 after a step that sets ranges, found {form}")
        return quantise.FOR_HOSTS[form](network.model)
    if ranged:
        return qat.export(network.model)
    return quantise.int8(network.model, quantise.calibration_set(lessons, seed), lessons.scale)
