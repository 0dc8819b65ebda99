"""What a model answers in C: its integers' answers on every row, and a tree's or forest's those of scikit-learn."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, NeighborhoodComponentsAnalysis
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from ml.classical import header
from ml.classical.bonsai import BonsaiClassifier
from ml.classical.convert import SMALL, convert
from ml.classical.families import PrototypeClassifier, Scaler
from ml.classical.form import Form
from ml.classical.host import LIBRARY, HostClassical, sources
from ml.classical.trees import VOTES, VOTES_4, Trees
from ml.classical.uno import TooLargeError, missing, on_uno
from tests.classical.conftest import Digits

NAMES = [str(digit) for digit in range(10)]
ANY = np.random.default_rng(0).integers(-128, 128, (4000, 64)).astype(np.int8)

EXACT = [DecisionTreeClassifier(max_leaf_nodes=60, random_state=0), DecisionTreeClassifier(random_state=0)]
EXACT += [GradientBoostingClassifier(n_estimators=3, max_leaf_nodes=5, random_state=0)]
ROUNDED = [  # and the share of rows on which integers may answer otherwise
    (make_pipeline(Scaler(), LogisticRegression(C=0.1)), 0.01),
    (LinearSVC(C=0.01), 0.01),
    (make_pipeline(Scaler(), MLPClassifier((16,), alpha=0.1, max_iter=200, tol=0.01, random_state=0)), 0.03),
    (GaussianNB(var_smoothing=0.01), 0.02),
    (KNeighborsClassifier(3).fit, 0.03),
    (make_pipeline(Scaler(), BonsaiClassifier(depth=2, projected=8, epochs=6)), 0.05),
    (make_pipeline(Scaler(), NeighborhoodComponentsAnalysis(6, init="lda"), PrototypeClassifier(3)), 0.03),
]


def compiled(form: Form) -> HostClassical:
    return HostClassical(header.source(form, "digits", NAMES), "digits", form.inputs, form.classes)


def fitted(estimator, digits: Digits):
    """A nearest neighbour keeps its rows: few of them."""
    many = estimator == ROUNDED[4][0]
    rows = np.flatnonzero(digits.train)[: 150 if many else 500]
    estimator = KNeighborsClassifier(3) if many else estimator
    return estimator.fit(digits.inputs[rows], digits.labels[rows])


def differing(form: Form, estimator, rows: np.ndarray) -> int:
    answers, scores = compiled(form).run(rows)
    assert np.array_equal(scores, form.scores(rows)), "the C has other scores than its integers"
    assert np.array_equal(answers, form.answers(rows))
    return int((estimator.predict(rows) != answers).sum())


@pytest.mark.parametrize("estimator", EXACT, ids=["tree", "deep tree", "boosted"])
def test_a_tree_answers_as_scikit_learn_on_any_integers(digits: Digits, estimator) -> None:
    trained = fitted(estimator, digits)
    form = convert(trained, digits.inputs)
    assert differing(form, trained, np.concatenate([digits.inputs, ANY])) == 0


@pytest.mark.parametrize(("votes", "most"), [(None, 2400), (SMALL, 1900), (8, 4100), (16, 5600)])
def test_a_forest_answers_as_scikit_learn_on_every_row_that_is_given(digits: Digits, forest, votes, most) -> None:
    form = convert(forest, digits.inputs, votes)
    assert differing(form, forest, digits.inputs) <= (1 if votes == 8 else 0)
    assert form.bytes <= most


def test_a_forest_with_all_its_bits_answers_so_on_any_integers(digits: Digits, forest) -> None:
    assert differing(convert(forest, digits.inputs, 16), forest, ANY) == 0


def test_votes_are_soft_not_a_majority_of_trees(digits: Digits, forest) -> None:
    trees = np.stack([tree.predict(digits.inputs).astype(int) for tree in forest.estimators_], 1)
    hard = np.array([np.bincount(row, minlength=10).argmax() for row in trees])
    wanted = forest.predict(digits.inputs)
    assert (hard != wanted).sum() > 5, "no row tells the two apart"
    assert np.array_equal(convert(forest, digits.inputs).answers(digits.inputs), wanted)


def test_a_forest_of_more_classes_than_a_nibble_holds_takes_wider_votes() -> None:
    rng = np.random.default_rng(1)
    inputs, labels = rng.integers(-128, 128, (600, 70)).astype(np.int8), rng.integers(0, 20, 600)
    trained = ExtraTreesClassifier(5, max_leaf_nodes=30, random_state=0).fit(inputs, labels)
    form = convert(trained, inputs)
    assert isinstance(form, Trees)
    text = header.source(form, "digits", [str(i) for i in range(20)])
    answers, _ = HostClassical(text, "digits", 70, 20).run(inputs)
    assert form.leaf != VOTES_4
    assert np.array_equal(answers, trained.predict(inputs))


@pytest.mark.parametrize(("estimator", "share"), ROUNDED, ids=lambda value: "" if isinstance(value, float) else None)
def test_a_rounded_model_is_its_integers_in_c_and_nearly_the_floats(digits: Digits, estimator, share: float) -> None:
    trained = fitted(estimator, digits)
    form = convert(trained, digits.inputs)
    assert differing(form, trained, digits.inputs) <= share * len(digits.inputs)
    differing(form, trained, ANY)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6), classes=st.integers(2, 5), inputs=st.integers(1, 80), leaves=st.integers(2, 30))
def test_forests_of_any_shape_are_exact(seed: int, classes: int, inputs: int, leaves: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(-128, 128, (60, inputs)).astype(np.int8)
    labels = np.concatenate([np.arange(classes), rng.integers(0, classes, 60 - classes)])
    trained = ExtraTreesClassifier(4, max_leaf_nodes=leaves, bootstrap=True, random_state=seed).fit(rows, labels)
    for votes in (None, SMALL):
        form = convert(trained, rows, votes)
        assert np.array_equal(trained.classes_[form.answers(rows)], trained.predict(rows))
        assert sum(table.bytes for table in form.tables()) == form.bytes


def test_parts_of_a_leaf_always_sum_to_all(digits: Digits, forest) -> None:
    for bits in VOTES:
        form = convert(forest, digits.inputs, bits)
        assert (form.scores(digits.inputs).sum(1) == 10 * 2**bits).all()


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_the_forest_of_the_figures_on_an_uno(digits: Digits, forest) -> None:
    """At most a quarter of emlearn's inline flash (8,050 B) and 1.1 times its cycles (2,862), no answer different."""
    judging = digits.inputs[~digits.train]
    form = convert(forest, digits.inputs, SMALL)
    cost = on_uno(header.source(form, "digits", NAMES), "digits", judging)
    assert cost is not None
    assert (cost.flash, cost.cycles) <= (2012, 3148)
    assert cost.cycles <= 3148
    assert np.array_equal(cost.answers, forest.predict(judging)[: len(cost.answers)])


@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_a_model_that_is_too_large_for_an_uno_is_refused(digits: Digits) -> None:
    large = ExtraTreesClassifier(40, max_leaf_nodes=80, random_state=0).fit(digits.inputs, digits.labels)
    form = convert(large, digits.inputs, 16)
    assert form.bytes > 33_000
    with pytest.raises(TooLargeError, match="expected a model that fits"):
        on_uno(header.source(form, "digits", NAMES), "digits", digits.inputs)


@pytest.mark.parametrize("compiler", ["gcc -std=c99", "clang -std=c99", "g++ -std=c++11", "clang++ -std=c++11"])
def test_headers_compile_without_warnings(tmp_path: Path, digits: Digits, forest, compiler: str) -> None:
    program, standard = compiler.split()
    if not shutil.which(program):
        pytest.skip(f"no {program} on the PATH")
    (tmp_path / "model.h").write_text(
        header.source(convert(forest, digits.inputs), "digits", ['a"b', "ä?", *NAMES[2:]])
    )
    user = '#include "model.h"\nint use(void);\nint use(void) { return digits_label(1)[0]; }\n'
    (tmp_path / "user.c").write_text(user)
    language = ["-x", "c++"] if "++" in program else []
    command = [program, standard, "-Wall", "-Wextra", "-Wconversion", "-Werror", f"-I{LIBRARY / 'include'}", "-c"]
    files = [str(tmp_path / "user.c"), *([] if language else map(str, sources()))]
    done = subprocess.run([*command, *language, *files], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_same_model_gives_the_same_bytes(digits: Digits, forest) -> None:
    first, again = (header.source(convert(forest, digits.inputs), "digits", NAMES) for _ in range(2))
    assert first == again
