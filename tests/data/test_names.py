"""Names come from people, devices and folders: two of them never become one, and every one fits wherever it goes."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.compiler import emit
from ml.data.names import MAX_BYTES, alike, composed, is_name, names_of


def test_words_of_any_script_are_names_as_they_are():
    words = ["größe", "grüße", "开灯", "关灯", "आवाज़", "ضوء", "Lights", "turn on", "a.b+c-d_1"]
    made = names_of(words)
    assert [made[word] for word in words] == [unicodedata.normalize("NFC", word) for word in words]
    assert all(map(is_name, made.values()))


def test_two_spellings_of_the_same_text_are_one_name_and_other_texts_are_not():
    made = names_of(["größe", "gro\u0308ße", "Größe"])
    assert made["größe"] == made["gro\u0308ße"] != made["Größe"]


@pytest.mark.parametrize(
    "originals",
    [
        ["a/b", "a:b"],
        ["a/b", "a_b"],
        ["开/灯", "开:灯"],
        ["x" * 40 + "1", "x" * 40 + "2"],
        ["@a", "#a"],
    ],
)
def test_what_would_be_one_name_stays_two(originals):
    made = names_of(originals)
    assert len(set(made.values())) == 2
    assert all(map(is_name, made.values()))
    assert [sorted(group) for group in alike(originals)] == [sorted(originals)]


def test_a_name_does_not_depend_on_who_else_is_there_unless_two_are_alike():
    assert names_of(["AC:67:B2", "a"])["AC:67:B2"] == names_of(["AC:67:B2"])["AC:67:B2"] == "AC_67_B2"
    assert names_of(["a_b", "a:b"])["a_b"] == "a_b"


def test_what_has_no_letter_is_no_name():
    assert names_of(["", "...", "/*?", "😀"]) == {"": "", "...": "", "/*?": "", "😀": ""}


@pytest.mark.parametrize(
    "text", ["", " a", "-a", "a/b", "a\n", "a\0", "é" * 16, "x" * 32, "e\u0301", "a\u202eb", "\ud800"]
)
def test_what_could_lead_elsewhere_hide_or_not_fit_is_no_name(text):
    assert not is_name(text)


@given(st.lists(st.text(max_size=50), max_size=8))
def test_however_many_texts_there_are_each_has_a_name_of_its_own_that_fits(originals):
    made = names_of(originals)
    kept = {composed(one): name for one, name in made.items() if name}
    assert len(set(kept.values())) == len(kept)
    for one, name in kept.items():
        assert is_name(name)
        assert len(name.encode()) <= MAX_BYTES
        assert name == one or not is_name(one)


@given(st.text(max_size=20).filter(is_name))
def test_in_c_a_name_is_a_literal_of_plain_characters(name):
    literal = emit.string(name)
    assert literal.isascii()
    assert literal[1:-1].encode().decode("unicode_escape").encode("latin-1").decode() == name
