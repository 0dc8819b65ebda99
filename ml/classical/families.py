"""Estimators of every family that fit into so many bytes.

for candidate in candidates(budget=2048, inputs=60, classes=11, seed=0): ...
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NeighborhoodComponentsAnalysis
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from ml.classical.bonsai import BonsaiClassifier
from ml.classical.dense import MOST_HIDDEN
from ml.classical.form import MOST
from ml.classical.trees import MOST_TREES

FAMILIES = ("linear", "svm", "mlp", "tree", "forest", "boosted", "prototypes", "bonsai", "gaussian")
LEAST_SPREAD = 0.25  # of the median of all inputs: an input that hardly varies must not get huge weights
NCA_ROWS = 1200  # neighbourhood components cost the square of the rows


@dataclass(frozen=True)
class Candidate:
    """A family with one shape. `size` runs from 1 (as large as the budget promises) down; `make(size)` is None where
    nothing smaller is left."""

    family: str
    shape: str
    make: Callable[[float], Any]  # an estimator


class Scaler(StandardScaler):
    """StandardScaler which does not blow up inputs that hardly vary."""

    def fit(self, X, y=None, sample_weight=None):
        super().fit(X, y, sample_weight)
        self.scale_ = np.maximum(self.scale_, LEAST_SPREAD * np.median(self.scale_))
        return self


class PrototypeClassifier(KNeighborsClassifier):
    """The nearest of a few means (k-means) of each class, in the projection before it."""

    def __init__(self, of_a_class: int = 5, seed: int = 0) -> None:
        super().__init__(n_neighbors=1)
        self.of_a_class, self.seed = of_a_class, seed

    def fit(self, X, y):
        points, labels = [], []
        for label in np.unique(y):
            rows = X[y == label]
            count = min(self.of_a_class, len(rows))
            points.append(KMeans(count, random_state=self.seed).fit(rows).cluster_centers_)
            labels += [label] * count
        return super().fit(np.concatenate(points), labels)


class Neighbourhood(NeighborhoodComponentsAnalysis):
    """Learnt from so many rows at most."""

    def fit(self, X, y):
        rows = np.random.default_rng(0).permutation(len(X))[:NCA_ROWS]
        return super().fit(X[rows], y[rows])


def candidates(budget: int, inputs: int, classes: int, seed: int, only: tuple[str, ...] = ()) -> Iterator[Candidate]:
    """Of the families that are asked for, all of them by default."""
    for family, make in _MAKERS:
        if not only or family in only:
            yield from make(family, budget, inputs, classes, seed)


def _one(make: Callable[[], Any]) -> Callable[[float], Any]:
    return lambda size: make() if size == 1 else None


def _count(most: float, size: float, least: int, limit: int) -> int | None:
    count = int(min(most * size, limit))
    return count if count >= least else None


def _linear(family: str, budget: int, inputs: int, classes: int, seed: int) -> Iterator[Candidate]:
    yield Candidate(family, "", _one(lambda: make_pipeline(Scaler(), LogisticRegression(C=0.1, max_iter=300))))


def _svm(family: str, budget: int, inputs: int, classes: int, seed: int) -> Iterator[Candidate]:
    yield Candidate(family, "", _one(lambda: make_pipeline(Scaler(), LinearSVC(C=0.02, random_state=seed))))


def _mlp(family: str, budget: int, inputs: int, classes: int, seed: int) -> Iterator[Candidate]:
    most = (budget - 4 * classes) / (inputs + 4 + classes)

    def make(size: float) -> Any:
        hidden = _count(most, size, 2, MOST_HIDDEN)
        return hidden and make_pipeline(Scaler(), MLPClassifier((hidden,), alpha=0.1, max_iter=60, random_state=seed))

    yield Candidate(family, "", make)


def _tree(family: str, budget: int, inputs: int, classes: int, seed: int) -> Iterator[Candidate]:
    def make(size: float) -> Any:
        leaves = _count(budget / 4, size, 2, 4000)
        return leaves and DecisionTreeClassifier(max_leaf_nodes=leaves, min_samples_leaf=2, random_state=seed)

    yield Candidate(family, "", make)


def _forest(family: str, budget: int, inputs: int, classes: int, seed: int) -> Iterator[Candidate]:
    for count in (10, 20):

        def make(size: float, count: int = count) -> Any:
            leaves = _count(budget / 4.5 / count, size, 3, 4000)
            return leaves and RandomForestClassifier(count, max_leaf_nodes=leaves, random_state=seed)

        yield Candidate(family, f"{count} trees", make)


def _boosted(family: str, budget: int, inputs: int, classes: int, seed: int) -> Iterator[Candidate]:
    columns = classes if classes > 2 else 1
    for leaves in (4, 6):

        def make(size: float, leaves: int = leaves) -> Any:
            rounds = _count(budget / ((5 * leaves - 1) * columns), size, 1, MOST_TREES // columns)
            settings = {"learning_rate": 0.4, "subsample": 0.7, "max_features": "sqrt", "random_state": seed}
            return rounds and GradientBoostingClassifier(n_estimators=rounds, max_leaf_nodes=leaves, **settings)

        yield Candidate(family, f"{leaves} leaves", make)


def _prototypes(family: str, budget: int, inputs: int, classes: int, seed: int) -> Iterator[Candidate]:
    projected = min(max(2, budget // (2 * (inputs + 4))), 12, inputs)
    most = (budget - projected * (inputs + 4)) / (projected + 1) / classes

    def make(size: float) -> Any:
        each = _count(most, size, 1, MOST // classes)
        projection = Neighbourhood(
            projected, init="lda" if projected < classes else "pca", max_iter=30, random_state=seed
        )
        return each and make_pipeline(Scaler(), projection, PrototypeClassifier(each, seed))

    yield Candidate(family, "", make)


def _bonsai(family: str, budget: int, inputs: int, classes: int, seed: int) -> Iterator[Candidate]:
    for depth in (1, 2):
        nodes = 2 ** (depth + 1) - 1
        most = budget / (inputs + 4 + 2 * nodes * classes + 2**depth - 1)

        def make(size: float, depth: int = depth, most: float = most) -> Any:
            projected = _count(most, size, min(2, inputs), min(MOST_HIDDEN, inputs))
            return projected and make_pipeline(Scaler(), BonsaiClassifier(depth, projected, epochs=30, seed=seed))

        yield Candidate(family, f"depth {depth}", make)


def _gaussian(family: str, budget: int, inputs: int, classes: int, seed: int) -> Iterator[Candidate]:
    yield Candidate(family, "", _one(lambda: GaussianNB(var_smoothing=0.01)))


_MAKERS = tuple(
    zip(FAMILIES, (_linear, _svm, _mlp, _tree, _forest, _boosted, _prototypes, _bonsai, _gaussian), strict=True)
)
