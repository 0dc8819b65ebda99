"""A name that somebody else gave never leads out of its folder."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.errors import UserError
from ml.files import inside

OUTSIDE = (
    *("", ".", "..", "../sibling/a", "a/../../b", "/etc/passwd", "//etc/passwd", "../folder-2/a", "a\0b", "\udfff"),
    *("..\\a", "a\\..\\..\\b", "C:a", "c:/a", "\\\\server\\share", "x" * 300, "a/" * 3000),
)
parts = st.sampled_from(["..", ".", "a", "b", "out", "in", "loop", "", "~", "c:", "x\\y", "\0", "\x1b[2J"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """With links to the inside and the outside, and one to itself."""
    made = tmp_path_factory.mktemp("all") / "folder"
    (made / "a").mkdir(parents=True)
    (made.parent / "folder-2").mkdir()
    (made / "out").symlink_to("..")
    (made / "in").symlink_to("a")
    (made / "loop").symlink_to("loop")
    return made


@pytest.mark.parametrize("name", [*OUTSIDE, "out", "out/new", "out/folder-2/new", "in/../../new", "loop", "loop/new"])
def test_a_name_that_leads_out_is_refused_in_one_line(folder, name):
    with pytest.raises(UserError, match="expected files inside its folder") as refused:
        inside(folder, name)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(("name", "file"), [("new", "new"), ("a/b.wav", "a/b.wav"), ("in/b", "a/b"), ("a/../b", "b")])
def test_a_name_that_stays_inside_is_the_path_with_links_followed(folder, name, file):
    assert inside(folder, name) == folder / file


def test_the_folder_itself_may_be_a_link_or_relative(folder, monkeypatch):
    (folder.parent / "link").symlink_to(folder)
    monkeypatch.chdir(folder.parent)
    assert inside(Path("link"), "b") == inside(Path("folder"), "b") == folder / "b"


def test_the_message_names_whoever_gave_the_name(folder):
    with pytest.raises(UserError, match=r"^list\.csv: expected files inside its folder, found '../b'"):
        inside(folder, "../b", "list.csv")


@settings(max_examples=60)
@given(names=st.lists(parts, max_size=6), start=st.sampled_from(["", "/"]))
def test_whatever_the_name_the_path_lies_inside_or_is_refused(folder, names, start):
    try:
        path = inside(folder, start + "/".join(names))
    except UserError:
        return
    assert os.path.realpath(path).startswith(f"{folder}{os.sep}")
