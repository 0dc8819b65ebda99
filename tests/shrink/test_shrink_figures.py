"""What a difference, a budget and a row of the table say."""

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compress import recipe
from ml.compress.recipe import Recipe, Step
from ml.errors import UserError
from ml.pipeline.contract import find
from ml.pipeline.run import Run
from ml.report import labels
from ml.shrink import budget, table
from ml.shrink.budget import Budget
from ml.shrink.paired import difference
from ml.shrink.variants import BASE, chosen, every


def answers(share: float, seed: int, seeds: int = 3, items: int = 600) -> np.ndarray:
    return np.random.default_rng(seed).random((seeds, items)) < share


def test_a_variant_and_itself_do_not_differ():
    right = answers(0.9, 0)
    assert vars(difference(right, right)) == {"points": 0.0, "low": 0.0, "high": 0.0}


def test_a_gain_on_many_items_and_all_seeds_is_no_noise_and_one_of_a_single_seed_is():
    base = answers(0.8, 0)
    better = base | answers(0.3, 1)
    found = difference(better, base)
    assert not found.is_noise
    assert found.points == pytest.approx(100 * (better.mean() - base.mean()), abs=1e-3)
    once = base.copy()
    once[0] = better[0]
    assert difference(once, base).is_noise


def test_an_interval_holds_no_difference_as_often_as_promised():
    """Of two variants that are alike, about 95 of 100 intervals hold 0: at least 50 of these 60."""
    held = 0
    for number in range(60):
        rng = np.random.default_rng(number)
        hard = rng.beta(4, 1, 300)  # how easy an item is, for both
        held += difference(*(rng.random((3, 300)) < hard for _ in range(2))).is_noise
    assert held >= 50


ROW = {"name": "a", "flash": 5000, "ram": 700, "cycles": 64_000, "accuracy": 0.9, "against": {}, "twin": ""}
ROW |= {"boards": {"nano33ble": {"ms": 1.0, "uj": 19.0}}, "says": "", "dominated_by": None, "on_hosts": ""}


def test_the_most_accurate_variant_within_the_budget_is_taken():
    rows = [ROW, ROW | {"name": "b", "accuracy": 0.95, "flash": 9000}, {"name": "c", "refused": "no"}]
    assert budget.best(rows, Budget("nano33ble"))["name"] == "b"
    assert budget.best(rows, Budget("nano33ble", flash=6000))["name"] == "a"


def test_a_budget_that_cannot_be_met_names_the_nearest_and_all_that_it_lacks():
    limits = Budget("nano33ble", ms=0.9, flash=4900, ram=1000, accuracy=0.93)
    with pytest.raises(UserError, match="the nearest, a, has") as refused:
        budget.best([ROW, ROW | {"name": "b", "flash": 20_000}], limits)
    assert "1 ms on nano33ble, 0.9 allowed" in str(refused.value)
    assert "5,000 B of flash, 4,900 allowed" in str(refused.value)
    assert "accuracy 0.900, 0.930 asked" in str(refused.value)
    assert "RAM" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "size"), [("65536", 65536), ("64k", 65536), ("1M", 1024**2), ("16 kB", None), ("0", None)]
)
def test_bytes_are_read_as_people_write_them(text, size):
    if size is None:
        with pytest.raises(UserError, match="expected bytes"):
            budget.size(text, "--flash")
    else:
        assert budget.size(text, "--flash") == size


def test_a_row_says_that_it_is_dominated_or_that_its_gain_is_noise():
    against = {BASE: {"points": -0.3, "low": -0.9, "high": 0.2}, "twin": {"points": 0.5, "low": -0.1, "high": 1.2}}
    said = table.verdict(ROW | {"against": against, "dominated_by": "b"})
    assert said == "dominated by b; within noise of int8; no gain over twin: within noise"
    gains = {"twin": {"points": 1.5, "low": 0.4, "high": 2.2}, BASE: {"points": -2.0, "low": -3.0, "high": -1.0}}
    assert table.verdict(ROW | {"against": gains}) == "better than twin; worse than int8"


def test_what_no_board_runs_is_compared_and_never_chosen():
    """A file for hosts has no cycles. It dominates nothing and keeps no budget, however accurate."""
    hosts = {"name": "float16", "on_hosts": "no float kernels", "accuracy": 1.0, "twin": "", "dominated_by": None}
    hosts |= {"file": 9000, "by_seed": [1.0], "stream": None}
    hosts |= {"against": {BASE: {"points": 1.0, "low": -0.5, "high": 2.0}}}
    assert table.verdict(hosts) == "on hosts only: no float kernels; within noise of int8"
    assert budget.best([hosts, ROW], Budget("nano33ble"))["name"] == "a"
    assert table.cells(hosts, "nano33ble")[:2] == ["file 9,000", ""]
    for rows in ([hosts, ROW], [ROW, hosts]):
        assert not any(table.dominating(row, rows) for row in rows)


def test_every_variant_with_a_twin_trains_no_longer_than_its_twin():
    for epochs in (1, 8, 14, 26):
        variants = {one.name: one for one in every(epochs)}
        for one in variants.values():
            if one.twin:
                assert one.epochs(epochs) <= variants[one.twin].epochs(epochs)


def test_variants_bring_what_they_are_compared_with():
    names = [one.name for one in chosen(every(14), "int4-aware")]
    assert names == ["int8", "int4-aware", "lean-scratch"]


names = st.from_regex(r"(?!do\Z)[a-z_]{1,8}", fullmatch=True)
words = st.text(st.characters(codec="ascii"), max_size=9)
values = st.recursive(
    st.booleans() | st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
parameters = st.dictionaries(names, values, max_size=3)


@given(st.lists(st.tuples(st.from_regex(r"[a-z.]{1,12}", fullmatch=True), parameters), max_size=3), parameters)
def test_a_recipe_that_was_written_reads_as_it_was(tmp_path_factory, steps, convert):
    made = Recipe(tuple(Step(do, given) for do, given in steps), convert)
    path = tmp_path_factory.mktemp("recipe") / "recipe.toml"
    path.write_text(recipe.text(made, "a title"))
    assert recipe.read(path) == made


@pytest.mark.parametrize("text", ["step = 3", "[[step]]\nkeep = 1", "colour = 1", "[[", 'convert = "int8"'])
def test_what_is_no_recipe_is_refused(tmp_path, text):
    (tmp_path / "recipe.toml").write_text(text)
    with pytest.raises(UserError, match="expected"):
        recipe.read(tmp_path / "recipe.toml")


def test_an_application_has_its_recipe_but_for_a_trial():
    app = find("gesture_recognition")
    assert [step.do for step in Run(app.name).recipe(app).steps] == ["prune.channels", "distil"]
    assert Run(app.name, quick=True).recipe(app) == recipe.PLAIN


def test_an_application_without_a_recipe_converts_what_it_trained(tmp_path):
    assert recipe.read(tmp_path / "recipe.toml") == recipe.PLAIN


def placed(names: dict, lines: Sequence = ()) -> tuple[list, Callable]:
    """Boxes of the names in a plot, and what makes its pixels of a point. Sizes are those of the page's widest font."""
    from matplotlib import pyplot as plt  # noqa: PLC0415  takes a second
    from matplotlib.text import Text  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
    axes.set(xlim=(0, 14), ylim=(88, 92))
    figure.draw_without_rendering()
    labels.place(axes, names, [(x, y, y) for x, y in names], 7.5, "black", lines)
    figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in axes.texts]  # without their lines
    plt.close(figure)
    assert len(boxes) == len(names)
    return boxes, axes.transData.transform


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=2, max_size=14))
@settings(max_examples=15)
def test_no_name_of_a_plot_covers_another_or_a_dot(places):
    """However many variants cost and reach nearly the same."""
    names = {(10 + x / 7, 90 + y / 7): f"variant-{number}" for number, (x, y) in enumerate(places)}
    boxes, pixels = placed(names)
    dots = pixels(list(names))
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    assert not any(box.contains(*dot) for box in boxes for dot in dots)


def test_no_name_of_a_plot_covers_a_limit_that_was_asked_for():
    names = {(9.8, 89): "trial 6", (9.8, 91): "int8", (5, 91): "int4"}
    boxes, pixels = placed(names, [[(10, 88), (10, 92)], [(0, 91), (14, 91)]])
    across, up = pixels((10, 91))
    assert not any(box.x0 <= across <= box.x1 or box.y0 <= up <= box.y1 for box in boxes)
