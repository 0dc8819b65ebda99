"""Bonsai: a shallow tree in a learnt projection, all of whose nodes predict.

Kumar, Goyal and Varma, "Resource-efficient machine learning in 2 KB RAM for the Internet of Things", ICML 2017. As
there, projection, nodes and branches are learnt together by gradients, while the branches become sharper. Unlike there,
tanh is clipped linear, so that integers compute the same; nothing is made sparse.
"""

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from ml.classical.dense import TOP, Affine, Layer, layer
from ml.classical.form import Form, Table

Parameters = dict[str, np.ndarray]


@dataclass(frozen=True)
class Bonsai(Form):
    """A shallow tree in a projection, all of whose nodes predict."""

    projection: Layer
    w: np.ndarray  # int8 (nodes, classes, projected)
    v: np.ndarray
    theta: np.ndarray  # int8 (2^depth - 1, projected)
    shift: int
    family: str = "bonsai"
    header = "classical/dense.h"
    c_type = "classical_bonsai"
    run = "classical_bonsai_run"

    @property
    def inputs(self) -> int:
        return self.projection.weights.shape[1]

    @property
    def classes(self) -> int:
        return self.w.shape[1]

    @property
    def depth(self) -> int:
        return (len(self.theta) + 1).bit_length() - 1

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        z = self.projection.run(inputs)
        scores, node = np.zeros((len(z), self.classes), np.int64), np.zeros(len(z), int)
        for level in range(self.depth + 1):
            products = np.einsum("ncd,nd->nc", self.v[node].astype(np.int64), z)
            gains = np.clip((products + ((1 << self.shift) >> 1)) >> self.shift, -TOP, TOP)
            scores += np.einsum("ncd,nd->nc", self.w[node].astype(np.int64), z) * gains
            if level < self.depth:
                side = (self.theta[node].astype(np.int64) * z).sum(1)
                node = 2 * node + np.where(side > 0, 2, 1)
        return scores

    def tables(self) -> list[Table]:
        size = self.w.shape[2]
        theta = self.theta if self.depth else np.zeros((1, size), np.int8)
        return [
            *self.projection.tables(),
            Table("int8_t", "w", self.w.reshape(-1, size), "a row for each class of each node"),
            Table("int8_t", "v", self.v.reshape(-1, size), "the same: how much of w counts"),
            Table("int8_t", "theta", theta, "a row for each inner node: which side"),
        ]

    def fields(self, name: str) -> str:
        tables = ", ".join(f"&{name}_{table}[0][0]" for table in ("w", "v", "theta"))
        return f"{self.projection.fields(name)}, {self.classes}, {self.depth}, {self.shift}, {tables}"


@dataclass
class BonsaiClassifier(ClassifierMixin, BaseEstimator):
    """An estimator as scikit-learn's: `fit(X, y)`, `predict(X)`; X is best scaled (StandardScaler)."""

    depth: int = 2
    projected: int = 8
    epochs: int = 40
    batch: int = 64
    rate: float = 0.01
    seed: int = 0

    def fit(self, X: np.ndarray, y: np.ndarray) -> "BonsaiClassifier":
        X = np.asarray(X, float)
        self.classes_, labels = np.unique(y, return_inverse=True)
        self.n_features_in_ = X.shape[1]
        random = np.random.default_rng(self.seed)
        self.parameters_ = self._initial(random)
        moments = {name: (np.zeros_like(p), np.zeros_like(p)) for name, p in self.parameters_.items()}
        step, rounds = 0, self.epochs * -(-len(X) // self.batch)
        for _ in range(self.epochs):
            order = random.permutation(len(X))
            for start in range(0, len(X), self.batch):
                step += 1
                rows = order[start : start + self.batch]
                sharp = 1 + 15 * step / rounds
                slopes = _slopes(self.parameters_, X[rows], labels[rows], self.depth, sharp)
                _adam(self.parameters_, slopes, moments, step, self.rate * (1 - step / (rounds + 1)))
        return self

    def _initial(self, random: np.random.Generator) -> Parameters:
        nodes, classes = 2 ** (self.depth + 1) - 1, len(self.classes_)
        shapes = {"P": (self.projected, self.n_features_in_), "W": (nodes, classes, self.projected)}
        shapes |= {"V": (nodes, classes, self.projected), "theta": (2**self.depth - 1, self.projected)}
        made = {name: random.normal(0, 1 / np.sqrt(shape[-1]), shape) for name, shape in shapes.items()}
        return made | {"c": np.zeros(self.projected)}

    def predict(self, X: np.ndarray) -> np.ndarray:
        z = np.asarray(X, float) @ self.parameters_["P"].T + self.parameters_["c"]
        scores = _forward(self.parameters_, z, self.depth, sharp=1e6)[0]
        return self.classes_[scores.argmax(1)]

    def quantised(self, before: Affine, inputs: np.ndarray) -> Bonsai:
        """In integers, for inputs before the affine map."""
        p = self.parameters_
        affine = Affine(p["P"] @ before.weights, p["P"] @ before.bias + p["c"])
        projection, step = layer(affine, inputs, least=-TOP)
        theta = p["theta"] * (TOP / max(np.abs(p["theta"]).max(initial=0), 1e-9))
        w = p["W"] * (TOP / np.abs(p["W"]).max())
        # V z of 1 becomes 127: its integers are V * step * scale with 127 * 2^shift = scale, as large as int8 lets them
        shift = int(np.clip(np.floor(np.log2(TOP / (np.abs(p["V"]).max() * step * TOP))), 0, 20))
        v = np.clip(p["V"] * step * TOP * 2**shift, -TOP, TOP)
        w, v, theta = (np.round(values).astype(np.int8) for values in (w, v, theta))
        return Bonsai(projection, w, v, theta, shift)


def _forward(p: Parameters, z: np.ndarray, depth: int, sharp: float):
    products, gains = np.einsum("kcd,nd->nkc", p["W"], z), np.einsum("kcd,nd->nkc", p["V"], z)
    sides = 1 / (1 + np.exp(-np.clip(sharp * z @ p["theta"].T, -60, 60)))
    share = np.ones((len(z), len(p["W"])))  # of a row that reaches each node
    for node in range(2**depth - 1):
        share[:, 2 * node + 1] = share[:, node] * (1 - sides[:, node])
        share[:, 2 * node + 2] = share[:, node] * sides[:, node]
    clipped = np.clip(gains, -1, 1)
    return (share[:, :, None] * products * clipped).sum(1), products, gains, clipped, sides, share


def _slopes(p: Parameters, x: np.ndarray, labels: np.ndarray, depth: int, sharp: float) -> Parameters:
    """Of the mean cross-entropy."""
    z = x @ p["P"].T + p["c"]
    scores, products, gains, clipped, sides, share = _forward(p, z, depth, sharp)
    likely = np.exp(scores - scores.max(1, keepdims=True))
    error = likely / likely.sum(1, keepdims=True)
    error[np.arange(len(x)), labels] -= 1
    error = error[:, None, :] / len(x)
    d_products = error * share[:, :, None] * clipped
    d_gains = error * share[:, :, None] * products * (np.abs(gains) < 1)
    d_share = (error * products * clipped).sum(2)
    d_sides = np.zeros_like(sides)
    for node in reversed(range(2**depth - 1)):
        left, right = d_share[:, 2 * node + 1], d_share[:, 2 * node + 2]
        d_sides[:, node] = share[:, node] * (right - left)
        d_share[:, node] += left * (1 - sides[:, node]) + right * sides[:, node]
    d_turn = d_sides * sides * (1 - sides) * sharp
    d_z = np.einsum("nkc,kcd->nd", d_products, p["W"]) + np.einsum("nkc,kcd->nd", d_gains, p["V"]) + d_turn @ p["theta"]
    return {
        "P": d_z.T @ x + 1e-4 * p["P"],
        "c": d_z.sum(0),
        "W": np.einsum("nkc,nd->kcd", d_products, z) + 1e-4 * p["W"],
        "V": np.einsum("nkc,nd->kcd", d_gains, z) + 1e-4 * p["V"],
        "theta": d_turn.T @ z,
    }


def _adam(p: Parameters, slopes: Parameters, moments: dict, step: int, rate: float) -> None:
    """Kingma and Ba, ICLR 2015."""
    for name, slope in slopes.items():
        mean, square = moments[name]
        mean += 0.1 * (slope - mean)
        square += 0.001 * (slope**2 - square)
        p[name] -= rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
