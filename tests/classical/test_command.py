"""`python -m ml classical`, and what it refuses, in one line."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ml.classical.convert import convert
from ml.classical.explain import explain
from ml.classical.host import HostClassical
from ml.classical.rows import of_file
from ml.classical.search import Result, ordered
from ml.classical.uno import Cost
from ml.cli import cli
from ml.errors import UserError
from tests.classical.conftest import Digits

ROWS = np.arange(40, dtype=np.int8).reshape(20, 2)
LABELS = np.arange(20) % 2


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory, digits: Digits) -> Path:
    path = tmp_path_factory.mktemp("examples") / "digits.npz"
    people, few = np.array(["ann", "bob", "cy"])[np.arange(240) % 3], digits.labels < 4
    np.savez(path, inputs=digits.inputs[few, 2::3][:240], labels=digits.labels[few][:240], subjects=people)
    return path


def run(*arguments: object):
    return CliRunner().invoke(cli, ["classical", *map(str, arguments)])


def test_every_family_is_compared_and_the_best_becomes_a_header(examples: Path, tmp_path: Path) -> None:
    done = run("--examples", examples, "--bytes", 700, "--out", tmp_path, "--json", "--hold-out", "bob")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    families = {"linear", "svm", "mlp", "tree", "forest", "boosted", "prototypes", "bonsai", "gaussian"}
    assert {row["family"] for row in found} == families
    assert all(row["bytes"] <= 700 for row in found if "bytes" in row)
    assert all(row["total"] == 80 for row in found if "bytes" in row)
    assert all(row["differ_from_scikit_learn"] == 0 for row in found if row["family"] in ("tree", "forest"))
    assert found[0]["validated"] >= max(row.get("validated", 0) for row in found) - 0.05
    text = (tmp_path / "digits.h").read_text()
    assert f"// {found[0]['family']}: 21 inputs (int8), 4 classes" in text
    assert "bob, held out of training" in text


def test_a_tree_is_told_as_text(examples: Path, tmp_path: Path) -> None:
    done = run("--examples", examples, "--bytes", 60, "--family", "tree", "--out", tmp_path, "--explain")
    assert done.exit_code == 0, done.output
    assert "tree 1 of 1" in done.stdout
    assert "<= " in done.stdout
    assert "-> " in done.stdout


def test_names_of_others_stay_within_their_line(tmp_path: Path, digits: Digits) -> None:
    hostile, rows = ["a\n#error b", "[/x]\x1b[2J"], digits.inputs[:80, 20:24]
    people = np.array(hostile)[np.arange(80) // 40]
    np.savez(tmp_path / "rows.npz", inputs=rows, labels=np.array(hostile)[np.arange(80) % 2], subjects=people)
    for who in hostile:
        done = run(
            "--examples", tmp_path / "rows.npz", "--out", tmp_path, "--family", "tree", "--explain", "--hold-out", who
        )
        assert done.exit_code == 0, done.output
        assert "\x1b[2J" not in done.output
        text = (tmp_path / "rows.h").read_text()
        assert "\n#error" not in text
        HostClassical(text, "rows", 4, 2)


def test_inputs_of_one_column_are_enough(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", inputs=ROWS[:, :1], labels=LABELS)
    done = run("--examples", tmp_path / "one.npz", "--out", tmp_path, "--family", "tree", "--family", "bonsai")
    assert done.exit_code == 0, done.output


def test_of_families_within_a_standard_error_the_fastest_is_taken(digits: Digits) -> None:
    form = convert(LogisticRegression().fit(ROWS, LABELS), ROWS)

    def result(family: str, validated: float, cycles: int, **more) -> Result:
        return Result(family, "", form, None, validated, 100, cost=Cost(0, 0, cycles, cycles, LABELS), **more)

    slow, fast, poor = result("slow", 0.90, 900), result("fast", 0.88, 100), result("poor", 0.80, 1)
    assert [one.family for one in ordered([poor, slow, fast])] == ["fast", "slow", "poor"]
    none = Result("none", least=9)
    assert [one.family for one in ordered([none, slow, poor])] == ["slow", "poor", "none"]
    too_large = result("large", 0.89, 10, too_large=True)
    assert ordered([slow, too_large])[0] is slow


def test_a_tree_as_text_says_what_it_does() -> None:
    tree = DecisionTreeClassifier().fit([[0], [1], [10], [11]], ["low", "low", "high", "high"])
    told = explain(convert(tree, np.zeros((1, 1), np.int8)), ["level"], ["high", "low"])
    assert told.splitlines() == ["tree 1 of 1", "level <= 5?", "  -> low", "otherwise", "  -> high"]
    with pytest.raises(UserError, match="expected trees, found linear"):
        explain(convert(LogisticRegression().fit(ROWS, LABELS), ROWS), ["a", "b"], ["0", "1"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--bytes", 3], "--bytes: expected 7 or more, the smallest model (tree), found 3"),
        (["--name", "two words"], "--name: expected a C identifier"),
        (["--hold-out", "nobody"], "--hold-out: expected one of ann, bob, cy, found nobody"),
        (["gesture_recognition"], "and not both"),
        (["--data", "x"], "expected no --data"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(examples: Path, tmp_path: Path, arguments: list, said: str) -> None:
    done = run("--examples", examples, "--out", tmp_path, "--family", "tree", "--family", "linear", *arguments)
    assert isinstance(done.exception, UserError)
    assert said in str(done.exception)
    assert "\n" not in str(done.exception)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"inputs": ROWS}, "found no `labels`"),
        ({"inputs": ROWS, "labels": LABELS[:5]}, "expected as many labels as rows"),
        ({"inputs": ROWS.astype(float) + 0.5, "labels": LABELS}, "expected whole numbers"),
        ({"inputs": ROWS.astype(int) * 100, "labels": LABELS}, "expected numbers in -128..127"),
        ({"inputs": ROWS * np.nan, "labels": LABELS}, "expected whole numbers"),
        ({"inputs": ROWS[:0], "labels": LABELS[:0]}, "expected as many labels as rows"),
        ({"inputs": np.zeros((20, 300), np.int8), "labels": LABELS}, "expected at most 255"),
        ({"inputs": ROWS, "labels": LABELS * 0}, "expected 2 to 255 labels, found 1"),
        ({"inputs": ROWS, "labels": np.array([{}] * 20)}, "expected an .npz of arrays"),  # would be unpickled
        ({"inputs": ROWS, "labels": LABELS.astype(float)}, "expected labels and subjects as whole numbers or text"),
    ],
)
def test_examples_that_are_none_are_refused(tmp_path: Path, arrays: dict, said: str) -> None:
    path = tmp_path / "examples.npz"
    np.savez(path, **arrays)
    with pytest.raises(UserError, match=said):
        of_file(path, (), 0)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", pickle.dumps([1, 2]), b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_no_npz_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "examples.npz"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"expected an \.npz of arrays"):
        of_file(path, (), 0)


@pytest.mark.parametrize(
    ("estimator", "said"),
    [
        (KMeans(2).fit(ROWS), "expected an estimator of .*, found KMeans"),
        (DecisionTreeRegressor().fit(ROWS, LABELS), "found DecisionTreeRegressor"),
        (RandomForestClassifier(), "call its fit first"),
        (LogisticRegression().fit(ROWS[:, :1], LABELS), "expected rows of 1 inputs, found 2"),
        (DecisionTreeClassifier().fit(ROWS, np.stack([LABELS, LABELS], 1)), "expected 2 to 255 classes"),
        (MLPClassifier((3, 3), max_iter=1).fit(ROWS, LABELS), "expected one hidden layer"),
        (make_pipeline(PolynomialFeatures(), LogisticRegression()).fit(ROWS, LABELS), "found PolynomialFeatures"),
        ("a string", "found str"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_an_estimator_of_another_kind_is_refused(estimator: object, said: str) -> None:
    with pytest.raises(UserError, match=said):
        convert(estimator, ROWS)
