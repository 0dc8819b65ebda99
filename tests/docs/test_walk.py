"""The walk through the code names files and lines that are there."""

import pytest

from tests.docs.walk import LINK, PAGE, ROOT, line_of, right

LINKS = list(LINK.finditer(PAGE.read_text()))


def test_the_walk_has_steps() -> None:
    assert len(LINKS) > 20
    assert len(LINKS) == PAGE.read_text().count("#L")


@pytest.mark.parametrize("link", LINKS, ids=lambda link: f"{link['file']}:{link['text']}")
def test_each_step_happens_where_the_walk_says(link) -> None:
    assert line_of(ROOT / link["file"], link["text"]) is not None, "it is gone: mend docs/walk.md"
    assert right(link) == link.group(), "it has moved: run `python tests/docs/walk.py`"
