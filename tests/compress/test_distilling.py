"""A student comes nearer to its teacher; single weights that are gone stay gone; float files stay on a host."""

import keras
import numpy as np
import pytest

from ml.compiler.compile import prepare
from ml.compress import distil, sparse
from ml.compress.quantise import Interpreted, dynamic_range, float16
from ml.compress.recipe import Step
from ml.compress.sensitivity import judge
from ml.compress.steps import Network, run
from ml.errors import UserError
from ml.train.lessons import Lessons, tune
from tests.compress.networks import OVER_TIME, inputs, lessons, real, recurring, tiny


@pytest.fixture(scope="module")
def taught():
    some, teacher = lessons(), tiny(5, 24)
    tune(teacher, some, some.epochs, 0, some.rate)
    return teacher, some


def apart(student, teacher, some) -> float:
    return float(np.abs(student(real(some.inputs)) - teacher(real(some.inputs))).mean())


def test_a_student_imitates_one_teacher_or_several(taught):
    teacher, some = taught
    for teachers in ([teacher], [teacher, teacher]):
        student = tiny(6)
        before = apart(student, teacher, some)
        distil.fit(student, teachers, some, 4, share=1.0)
        assert apart(student, teacher, some) < before / 2
    assert judge(student, some).points > 80


@pytest.mark.parametrize("kind", ["features", "relations"])
def test_a_student_imitates_a_layer(taught, kind):
    teacher, some = taught
    losses = distil.fit(tiny(6), [teacher], some, 3, kind=kind, share=1.0)
    assert losses[-1] < 0.8 * losses[0]


def test_answers_that_are_no_probabilities_are_imitated_too():
    layers = keras.layers
    keras.utils.set_random_seed(0)
    student, teacher = (
        keras.Sequential([keras.Input((6,)), layers.Dense(5, activation="relu"), layers.Dense(6)]) for _ in range(2)
    )
    given = inputs(128, shape=(6,))
    some = Lessons(given, np.zeros(128, int), real(given), loss="mse", batch=16, rate=1e-2)
    losses = distil.fit(student, [teacher], some, 6, share=1.0)
    assert losses[-1] < losses[0] / 2


def test_a_recipe_names_the_teacher(taught, tmp_path):
    teacher, some = taught
    teacher.save(tmp_path / "teacher.keras")
    student = Network(tiny(6), trained=teacher)
    for whose in ({}, {"teachers": [str(tmp_path / "teacher.keras")]}):
        made = run(Step("distil", {"epochs": 1, **whose}), student, some, 0)
        assert made.model.output_shape == teacher.output_shape
    with pytest.raises(UserError, match=r"gone.keras: expected a Keras model"):
        run(Step("distil", {"epochs": 1, "teachers": [str(tmp_path / "gone.keras")]}), student, some, 0)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"kind": "osmosis"}, "expected one of response, features, relations, found 'osmosis'"),
        ({"teachers": []}, "expected one or more teachers, found 0"),
        ({"teachers": [recurring()]}, r"teacher over_time: expected inputs of shape \[8, 6, 3\], found \[16, 4\]"),
        ({"temperature": 0.0}, "expected a temperature above 0"),
        ({"kind": "features", "layers": ("nobody", "hidden")}, "expected a layer of tiny, found 'nobody'"),
    ],
)
def test_what_cannot_be_taught_is_said_in_a_line(taught, how, message):
    teacher, some = taught
    with pytest.raises(UserError, match=message):
        distil.fit(tiny(6), **{"teachers": [teacher], "lessons": some, "epochs": 1} | how)


def test_weights_that_are_gone_stay_gone_and_the_report_says_what_they_pay():
    some, model = lessons(), tiny(7)
    made = sparse.weights(model, some, density=0.2, epochs=3)
    rows = {row.layer: row for row in sparse.report(made)}
    assert rows["hidden"].density == pytest.approx(0.2, abs=0.02)
    assert "pays in cycles and bytes" in rows["hidden"].verdict()
    whole = sparse.Sparsity("dense", 100, 30)
    assert (
        "density 30%" in whole.verdict() and "does not pay; below 24% it would be faster, below 25%" in whole.verdict()
    )


def test_files_for_a_host_are_smaller_and_the_compiler_says_why_not_here():
    model, some = recurring(), inputs(8, shape=OVER_TIME)
    for convert, near in ((float16, 2e-3), (dynamic_range, 3e-2)):
        made = convert(model)
        np.testing.assert_allclose(Interpreted(made).run(some), model(real(some)), atol=near)
        with pytest.raises(UserError, match="float"):
            prepare(made, "model")
