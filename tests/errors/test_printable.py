"""What others wrote reaches a terminal as text, never as a command."""

import pytest

from ml import progress
from ml.cli import run_cli
from ml.errors import UserError
from ml.files import inside
from ml.printable import printable

EVIL = "\x1b[2J\x1b]0;title\x07\x9b31m\r\n\u202e\u2028\udc80\0"
CONTROLS = [
    *map(chr, [*range(9), *range(10, 32), *range(0x7F, 0xA0)]),
    "\u200e",
    "\u202e",
    "\u2066",
    "\u2028",
    "\ud800",
]


@pytest.mark.parametrize("character", CONTROLS, ids=ascii)
def test_what_a_terminal_obeys_is_shown_as_an_escape(character):
    shown = printable(f"a{character}b")
    assert shown.isprintable() and shown.isascii()
    assert shown.startswith("a\\") and shown.endswith("b")


@pytest.mark.parametrize("text", ["", "plain", "größe 你好 عربي हिन्दी 🎉", "a\tb", "no\u00a0break"])
def test_letters_of_every_script_pass(text):
    assert printable(text) == printable(text, colours=True) == text


def test_a_logs_colours_pass_where_they_are_wanted_and_end_with_the_line():
    assert printable("\x1b[0;31mE (5) i2c: no\x1b[0m", colours=True) == "\x1b[0;31mE (5) i2c: no\x1b[0m\x1b[0m"
    assert printable("\x1b[31mred\x1b[2J", colours=True) == "\x1b[31mred\\x1b[2J\x1b[0m"
    assert printable("\x1b[31mred") == "\\x1b[31mred"


def test_progress_says_names_of_others_safely(capsys):
    progress.say(f"meet {EVIL} :smile: [bold]x[/nothing]")
    said = capsys.readouterr().err.removesuffix("\n")
    assert said.isprintable() and ":smile: [bold]x[/nothing]" in said


@pytest.mark.parametrize("error", [UserError(f"found {EVIL}"), OSError(2, "No such file", f"{EVIL}.csv")])
def test_an_error_names_what_others_wrote_safely_and_in_one_line(capsys, error):
    class Command:
        def main(self, **_):
            raise error

    with pytest.raises(SystemExit):
        run_cli(Command(), "tool")
    assert capsys.readouterr().err.removesuffix("\n").isprintable()


def test_a_refused_name_is_shown_safely(tmp_path):
    with pytest.raises(UserError) as refused:
        inside(tmp_path, f"../{EVIL}")
    assert str(refused.value).isprintable()
