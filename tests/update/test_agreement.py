"""The board and this computer read manifests alike: what one of them signs or checks, the other understands."""

from pathlib import Path

import pytest

from tests.update.agreement import UPDATE, disagreements, library


def test_both_readers_judge_changed_manifests_alike():
    taken, wrong = disagreements(library(), 5_000, seed=2)
    assert wrong == [] and 250 < taken < 2500


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("id <= before", "id < before"),
        ("v->number > f->most", "v->number > f->most + 1"),
        ("count || r.at != r.end", "count"),
        ("*value >= (low == IN_PLACE ? IN_PLACE : 1u << 4 * size)", "true"),
    ],
)
def test_the_comparison_finds_a_reader_that_is_wrong(tmp_path: Path, right, wrong):
    text = (UPDATE / "src" / "manifest.c").read_text()
    assert text.count(right) == 1
    (tmp_path / "manifest.c").write_text(text.replace(right, wrong))
    assert disagreements(library(tmp_path / "manifest.c"), 5_000, seed=2)[1]
