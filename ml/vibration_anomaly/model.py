"""The two models of the normal state: a mixture of Gaussians, and an autoencoder that can only make normal windows."""

from __future__ import annotations

import dataclasses
import warnings
from typing import TYPE_CHECKING

import numpy as np

from ml.native import anomaly
from ml.native.anomaly import Gaussians, Reconstruction, gaussians, reconstruction
from ml.train.keras import compiled, keras_module
from ml.train.lessons import Lessons
from ml.train.training import to_float
from ml.vibration_anomaly.config import Mixture, Training

if TYPE_CHECKING:
    from ml.vibration_anomaly.examples import Normal

LEAST = 8  # windows of a Gaussian whose scale is known
EVEN = 64  # the level from which a fault is likelier than not
MOST_SCALED = 64.0  # times as large: of a wider Gaussian int16 says little
OUTPUT_STEPS = 128  # of int8 in 1: what the converter gives every tanh


def mixture(windows: np.ndarray, config: Mixture, seed: int, blind: np.ndarray | None = None) -> Gaussians:
    """Expectation and maximisation over int8 windows (windows, features), as integers. `blind`, bool (windows,), marks
    windows of speeds that hide faults: they get components of their own, the last ones."""
    blind = np.zeros(len(windows), bool) if blind is None else blind
    parts = [(windows[~blind], config.components), (windows[blind], config.blind_components)]
    fitted = [_fitted(part, components, config, seed) for part, components in parts if len(part)]
    share = [len(part) / len(windows) for part, _ in parts if len(part)]
    weights = np.concatenate([np.asarray(one.weights_) * weight for one, weight in zip(fitted, share, strict=True)])
    means, covariances = (np.concatenate([getattr(one, name) for one in fitted]) for name in ("means_", "covariances_"))
    hidden = len(np.asarray(fitted[-1].weights_)) if blind.any() and len(fitted) == 2 else 0
    return dataclasses.replace(gaussians(means, covariances, weights), blind=hidden)


def normal_state(examples: Normal, config: Mixture, seed: int) -> Gaussians:
    """The mixture of examples, as wide as what is normal strays where it has not been heard."""
    tables = mixture(examples.inputs, config, seed, examples.blind)
    return as_wide(tables, examples.inputs, examples.far, config)


def as_wide(tables: Gaussians, windows: np.ndarray, far: np.ndarray, config: Mixture) -> Gaussians:
    """The same, each Gaussian as wide as the windows near it stray. `far`, float (n,): the level 0..255 of each window
    by a mixture that has not heard the like; empty where nobody knows."""
    return widened(tables, scales(tables, windows, far, config)) if len(far) else tables


def scales(tables: Gaussians, windows: np.ndarray, far: np.ndarray, config: Mixture) -> np.ndarray:
    """By what each Gaussian's squared distances are divided, float (components,), so that what is normal stays below
    EVEN where it has not been heard, but for `config.passed_over` of it. Levels then mean the same everywhere: a speed
    or a way of running that wavers is allowed more, one that does not is watched more closely."""
    nearest = anomaly.nearest(windows, tables)[1]
    enough = [one for one in range(len(tables.mean)) if (nearest == one).sum() >= LEAST]
    if not enough:
        return np.ones(len(tables.mean))
    limits = [np.quantile(far[nearest == one], 1 - config.passed_over) for one in enough]
    limit = np.full(len(tables.mean), np.median(limits))
    limit[enough] = limits
    return np.minimum(2 ** ((limit - EVEN) / anomaly.PER_OCTAVE), MOST_SCALED)


def widened(tables: Gaussians, scale: np.ndarray) -> Gaussians:
    """The same with the squared distances of each Gaussian divided by a scale, as far as its integers allow."""
    most = np.iinfo(np.int16).max / np.abs(tables.inverse).max(1)
    inverse = tables.inverse * np.minimum(1 / np.sqrt(scale), most)[:, None]
    return dataclasses.replace(tables, inverse=np.rint(inverse).astype(np.int16))


def _fitted(windows: np.ndarray, components: int, config: Mixture, seed: int):
    from sklearn.mixture import GaussianMixture  # noqa: PLC0415  takes a second: only where it is needed

    components = max(1, min(components, len(windows) // config.windows))
    fitted = GaussianMixture(components, reg_covar=config.ridge, n_init=config.starts, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it need not have come to rest
        return fitted.fit(windows.astype(float))


def autoencoder(training: Training, name: str, features: int):
    """A Keras model: float (n, features), int8 over 64 -> float (n, features), the same int8 over 128."""
    keras = keras_module()
    dense, relu = keras.layers.Dense, keras.layers.ReLU
    x = given = keras.Input((features,), name="window")
    x = relu(name="narrow_relu")(dense(training.hidden, name="narrow")(x))
    x = dense(training.bottleneck, name="bottleneck")(x)
    x = relu(name="widen_relu")(dense(training.hidden, name="widen")(x))
    return keras.Model(given, dense(features, activation="tanh", name="made")(x), name=name)


def fit_autoencoder(network, windows: np.ndarray, training: Training, seed: int) -> list[float]:
    """Trains it to make the int8 windows (n, features) again, each feature in its own deviation; the losses."""
    keras = keras_module()
    targets = windows.astype(np.float32) / OUTPUT_STEPS
    steps = training.epochs * -(-len(windows) // training.batch)
    schedule = keras.optimizers.schedules.CosineDecay(training.learning_rate, steps)
    shares = _shares(targets)
    learner = _weighted(network, shares)
    compiled(learner, keras.optimizers.Adam(schedule), "mse")
    keras.utils.set_random_seed(seed)  # of the order of the windows
    made = learner.fit(to_float(windows), targets * shares, training.batch, epochs=training.epochs, verbose=0)
    return [float(loss) for loss in made.history["loss"]]


def _shares(targets: np.ndarray) -> np.ndarray:
    """By which each feature's output counts, float32 (features,)."""
    weight = 1 / np.maximum(targets.var(0), 1 / OUTPUT_STEPS**2)
    return np.sqrt(weight / weight.mean()).astype(np.float32)


def lessons(windows: np.ndarray, training: Training) -> Lessons:
    """The same for a step that trains on."""
    keras = keras_module()
    targets = windows.astype(np.float32) / OUTPUT_STEPS
    shares = _shares(targets)

    def loss(wanted, made):
        return keras.ops.mean(keras.ops.square((wanted - made) * shares), axis=-1)

    settings = {"batch": training.batch, "rate": training.learning_rate, "epochs": training.epochs}
    return Lessons(windows, np.zeros(len(windows), int), targets, loss, makes_again=True, **settings)


def _weighted(network, shares: np.ndarray):
    """The same network with its output in shares, so that a plain mean square weighs every feature alike."""
    keras = keras_module()
    scaled = keras.layers.Rescaling(shares.tolist(), name="weighted")(network.output)
    return keras.Model(network.input, scaled)


def compared(network, windows: np.ndarray) -> Reconstruction:
    """How far the output lies from the input where all is normal."""
    made = network(to_float(windows), training=False).numpy() * OUTPUT_STEPS
    return reconstruction(np.sqrt(((windows - made) ** 2).mean(0) + 1))


def reconstructed(network, windows: np.ndarray) -> np.ndarray:
    """The float network's output as int8."""
    made = network(to_float(windows), training=False).numpy() * OUTPUT_STEPS
    return np.clip(np.rint(made), -128, 127).astype(np.int8)
