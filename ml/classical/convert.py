"""From a trained estimator of scikit-learn to a model in integers.

model = convert(estimator, inputs)   # inputs int8 (n, inputs): rows that it shall answer, best those of the training

An estimator is an object of the caller's own program. A pickle from somebody else is a program that runs when it is
read; so nothing here reads one.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from ml.classical import trees
from ml.classical.bonsai import BonsaiClassifier
from ml.classical.dense import Affine, Mlp, layer, linear
from ml.classical.form import MOST, Form, checked_inputs
from ml.classical.nearest import MOST_NEIGHBOURS as NEIGHBOURS
from ml.classical.nearest import Prototypes, gaussian
from ml.classical.votes import Votes
from ml.errors import UserError

SMALL = "small"
MOST_LOGIT = 32.0  # of a boosted tree; some leaves of certain examples have thousands, which decide no more than this


def convert(estimator: Any, inputs: np.ndarray, votes: int | str | None = None) -> Form:
    """The same model in integers. The classes of the result are numbered as in `estimator.classes_`.

    votes: bits of a forest's soft votes, 4, 8 or 16; None takes the least with which every row of `inputs` has the
    estimator's answer. "small" also leaves out what does not change the answer of these rows. Rows that are not given
    may differ where two classes are nearly even, with 16 bits only at a tie.

    UserError for an estimator of another kind, one that is not fitted, and one with inputs or classes that do not suit.
    """
    inputs = checked_inputs(inputs)
    steps = [step for _, step in estimator.steps] if isinstance(estimator, Pipeline) else [estimator]
    kind = type(steps[-1]).__name__
    known = next((one.__name__ for one in type(steps[-1]).__mro__ if one.__name__ in KINDS), None)
    if known is None:
        raise UserError(f"expected an estimator of {', '.join(sorted(KINDS))}, found {kind}; train one of these")
    classes = getattr(steps[-1], "classes_", None)
    if classes is None:
        raise UserError(f"{kind}: expected a trained estimator, found one without classes; call its fit first")
    if np.ndim(classes) != 1 or not 2 <= len(classes) <= MOST:
        raise UserError(f"{kind}: expected 2 to {MOST} classes, found {np.shape(classes)}; train for one answer alone")
    if estimator.n_features_in_ != inputs.shape[1]:
        raise UserError(f"{kind}: expected rows of {estimator.n_features_in_} inputs, found {inputs.shape[1]}")
    before = _before(steps[:-1], inputs.shape[1])
    if KINDS[known] is _forest:
        return _forest(steps[-1], before, inputs, votes)
    return KINDS[known](steps[-1], before, inputs)


def _before(steps: list, inputs: int) -> Affine:
    """All steps before the last one as one affine map."""
    weights, bias = np.eye(inputs), np.zeros(inputs)
    for step in steps:
        if isinstance(step, StandardScaler):
            scale = np.ones(len(bias)) if step.scale_ is None else np.asarray(step.scale_)
            mean = np.zeros(len(bias)) if step.mean_ is None else np.asarray(step.mean_)
            weights, bias = weights / scale[:, None], (bias - mean) / scale
        elif isinstance(step, NeighborhoodComponentsAnalysis):
            weights, bias = step.components_ @ weights, step.components_ @ bias
        elif not (isinstance(step, FunctionTransformer) and step.func is None):
            raise UserError(
                "expected StandardScaler or NeighborhoodComponentsAnalysis before the estimator, found "
                f"{type(step).__name__}; do it to the inputs instead, and in the firmware"
            )
    return Affine(weights, bias)


def _through(before: Affine, weights: np.ndarray, bias: np.ndarray) -> Affine:
    return Affine(weights @ before.weights, weights @ before.bias + bias)


def _plain(before: Affine, estimator: object) -> None:
    if not np.array_equal(before.weights, np.eye(len(before.bias))) or before.bias.any():
        raise UserError(f"{type(estimator).__name__}: expected no step before it, found one; trees need no scaling")


def _linear(estimator, before: Affine, inputs: np.ndarray) -> Form:
    weights, bias = np.asarray(estimator.coef_), np.broadcast_to(estimator.intercept_, len(estimator.coef_))
    if len(weights) == 1:  # of two classes: the second where the sum is above 0
        weights, bias = np.vstack([0 * weights, weights]), np.array([0.0, bias[0]])
    if len(weights) != len(estimator.classes_):
        raise UserError(
            f"{type(estimator).__name__}: expected a row for each class, found {len(weights)}; use LinearSVC"
        )
    return linear(_through(before, weights, bias), inputs)


def _mlp(estimator, before: Affine, inputs: np.ndarray) -> Form:
    if len(estimator.coefs_) != 2 or estimator.activation != "relu":
        raise UserError("MLPClassifier: expected one hidden layer of 'relu', found another; train it so")
    (first, second), (bias, last) = estimator.coefs_, estimator.intercepts_
    hidden, step = layer(_through(before, first.T, bias), inputs, least=0)
    weights = second.T
    if len(weights) == 1:
        weights, last = np.vstack([0 * weights, weights]), np.array([0.0, last[0]])
    return Mlp(hidden, linear(Affine(weights, last), hidden.run(inputs), step))


def _neighbours(estimator, before: Affine, inputs: np.ndarray) -> Form:
    k, metric = estimator.n_neighbors, estimator.effective_metric_
    if k > NEIGHBOURS or estimator.weights != "uniform" or metric != "euclidean":
        raise UserError(f"KNeighborsClassifier: expected at most {NEIGHBOURS} equal neighbours in the plain distance")
    if len(estimator._fit_X) > MOST:  # scikit-learn has no public name for its points
        raise UserError(f"KNeighborsClassifier: expected at most {MOST} points, found {len(estimator._fit_X)}")
    projection, step = layer(before, inputs, least=-trees.HIGH)
    points = np.clip(np.round(estimator._fit_X / step), -128, 127).astype(np.int8)
    return Prototypes(projection, points, np.asarray(estimator._y), k, len(estimator.classes_))


def _gaussian(estimator, before: Affine, inputs: np.ndarray) -> Form:
    _plain(before, estimator)
    return gaussian(estimator.theta_, estimator.var_, estimator.class_prior_)


def _bonsai(estimator, before: Affine, inputs: np.ndarray) -> Form:
    return estimator.quantised(before, inputs)


def _tree(estimator, before: Affine, inputs: np.ndarray) -> Form:
    _plain(before, estimator)
    grown, classes = estimator.tree_, len(estimator.classes_)
    best = grown.value[:, 0, :].argmax(1)
    tree = trees.grown(grown, lambda at: trees.class_leaf(classes, int(best[at])))
    return trees.Trees("tree", inputs.shape[1], classes, trees.CLASS, [tree], np.zeros(classes, np.int64))


def _forest(estimator, before: Affine, inputs: np.ndarray, wanted: int | str | None) -> Form:
    _plain(before, estimator)
    classes, grown = len(estimator.classes_), [one.tree_ for one in estimator.estimators_]
    reached = np.stack([one.apply(inputs) for one in estimator.estimators_], 1)
    votes = Votes([tree.value[:, 0, :] for tree in grown], reached, estimator.predict_proba(inputs).argmax(1))
    few = classes <= trees.NIBBLE_CLASSES
    if wanted not in (None, SMALL, *trees.VOTES) or (wanted == 4 and not few):
        raise UserError(f'votes: expected 4 (up to {trees.NIBBLE_CLASSES} classes), 8, 16 or "small", found {wanted!r}')
    widths = [wanted] if isinstance(wanted, int) else [bits for bits in trees.VOTES if bits > 4 or few]
    bits, parts = votes.rounded(widths)
    if wanted == SMALL:
        parts = votes.shrunk(parts)
    made = [
        trees.grown(tree, lambda at, of=of: trees.vote_leaf(of[at], bits))
        for tree, of in zip(grown, parts, strict=True)
    ]
    return trees.Trees("forest", inputs.shape[1], classes, trees.VOTES[bits], made, np.zeros(classes, np.int64))


def _boosted(estimator, before: Affine, inputs: np.ndarray) -> Form:
    _plain(before, estimator)
    grown = np.asarray(estimator.estimators_)  # (rounds, classes), or one column for two classes
    classes, two = len(estimator.classes_), grown.shape[1] == 1
    rate = estimator.learning_rate
    first = inputs[:1].astype(float)
    told = np.atleast_2d(estimator.decision_function(first).reshape(1, -1))[0]
    added = [rate * sum(one.predict(first)[0] for one in column) for column in grown.T]
    initial = told - added
    largest = min(MOST_LOGIT, max(np.abs(one.tree_.value).max() * rate for one in grown.ravel()))
    scale = trees.INT16 / max(largest, 1e-9)
    of = [1 if two else column for _ in grown for column in range(grown.shape[1])]
    made = [
        _boosted_tree(one, class_id, classes, rate * scale) for one, class_id in zip(grown.ravel(), of, strict=True)
    ]
    scores = np.array([0.0, initial[0]]) if two else initial
    return trees.Trees(
        "boosted", inputs.shape[1], classes, trees.VALUE, made, np.round(scores * scale).astype(np.int64), of
    )


def _boosted_tree(estimator, class_id: int, classes: int, scale: float) -> trees.Node:
    values = estimator.tree_.value[:, 0, 0]
    return trees.grown(estimator.tree_, lambda at: trees.value_leaf(values[at], class_id, classes, scale))


KINDS: dict[str, Callable[..., Form]] = {
    "LogisticRegression": _linear,
    "LinearSVC": _linear,
    "SGDClassifier": _linear,
    "RidgeClassifier": _linear,
    "Perceptron": _linear,
    "MLPClassifier": _mlp,
    "DecisionTreeClassifier": _tree,
    "ExtraTreeClassifier": _tree,
    "RandomForestClassifier": _forest,
    "ExtraTreesClassifier": _forest,
    "GradientBoostingClassifier": _boosted,
    "KNeighborsClassifier": _neighbours,
    "GaussianNB": _gaussian,
    BonsaiClassifier.__name__: _bonsai,
}
