"""What becomes slower, larger or worse is found, what only seems so is not, and equal sides are equal."""

import io
import re
import shutil

import pytest
from rich.console import Console

from ml.compare import table
from ml.compare.changes import rows
from ml.compare.compare import Comparison
from ml.compare.figures import TOLERANCES, Found, Processor
from ml.compare.sides import Side
from ml.evaluate.record import Rate, Record, Share
from ml.paths import ROOT
from tests.compare.repositories import STATED

GESTURES, VIBRATION = "gesture_recognition", "vibration_anomaly"


def test_equal_sides_have_no_change(repository):
    before = repository.git("status", "--porcelain", "--ignored")
    made = repository.figures("HEAD", ".")
    assert made["changed"] == {}
    assert {row["verdict"] for row in made["rows"]} == {""}
    assert not any(row["beyond_noise"] for row in made["rows"])
    assert (made["notes"], made["regressions"], made["changed_files"]) == ([], [], 0)
    assert {row["application"] for row in made["rows"]} == {GESTURES, VIBRATION}
    assert {"accuracy", "false_alarms", "instructions", "milliseconds", "energy", "ram", "flash"} <= {
        row["figure"] for row in made["rows"]
    }
    assert all(row["base"]["hours"] if "alarms" in row["figure"] else row["base"] for row in made["rows"])
    assert repository.git("status", "--porcelain", "--ignored") == before, "nothing is written to the work tree"


def test_the_command_prints_markdown_where_there_is_no_terminal(repository, ml, cache):
    done = ml("compare", repository.folder, repository.folder, THIMBLE_CACHE=cache)
    assert f"| {GESTURES} | accuracy, held-out recordings | 100.0 % (101/101) |" in done.stdout
    assert "Nothing changed beyond the noise." in done.stdout
    assert done.stderr == ""


def test_a_slower_kernel_is_found_and_named_and_may_be_tolerated(repository):
    repository.slow_down()
    uncommitted = repository.figures("HEAD", ".", status=1)
    assert uncommitted["changed_files"] == 1
    repository.commit("Slower")
    made = repository.figures("HEAD~1", "HEAD", status=1)
    assert made["rows"] == uncommitted["rows"]
    slower = made["by_figure"][VIBRATION, "instructions"]
    assert slower["verdict"] == "regression"
    assert slower["head"] - slower["base"] > 100
    assert slower["percent"] == pytest.approx(100 * (slower["head"] / slower["base"] - 1), abs=1e-3)
    assert any(line.startswith(f"{VIBRATION}: instructions +") for line in made["regressions"])
    assert {figure for _, figure in made["changed"]} <= {"instructions", "milliseconds", "energy", "flash", "ram"}

    done = repository.compare("HEAD~1", "HEAD", status=1)
    assert len(done.stderr.splitlines()) == 1
    assert "worse than is tolerated" in done.stderr
    assert "instructions" in done.stderr
    assert "**REGRESSION**" in done.stdout

    allowed = [word for key in ("instructions", "milliseconds", "flash") for word in ("--tolerance", f"{key}=1000")]
    assert repository.figures("HEAD~1", "HEAD", *allowed)["by_figure"][VIBRATION, "instructions"]["verdict"] == "worse"
    assert repository.figures("HEAD", "HEAD~1")["by_figure"][VIBRATION, "instructions"]["verdict"] == "better"


def test_a_cost_is_accepted_by_a_line_of_a_commit_and_by_no_commit_before_it(repository):
    repository.slow_down()
    slower = repository.commit("Slower")
    figures = ("instructions", "milliseconds", "flash")
    lines = "\n".join(f"Accepts: {app} {figure} 1000 %" for app in (GESTURES, VIBRATION) for figure in figures)
    repository.git("commit", "--allow-empty", "--quiet", "-m", f"It pays\n\n{lines}\nAccepts: all flash")
    made = repository.figures(f"{slower}~1", "HEAD")
    assert made["by_figure"][VIBRATION, "instructions"]["verdict"] == "worse"
    assert f"{VIBRATION}: a commit accepts that instructions is up to 1000 % worse" in made["notes"]
    assert any("'all flash': it accepts nothing" in note for note in made["notes"])
    assert repository.figures(f"{slower}~1", slower, status=1)["notes"] == []


@pytest.mark.parametrize(
    ("figure", "now", "status"),
    [("found", [70, 101], 1), ("found", [93, 101], 0), ("false_alarms", [9, 0.07], 1), ("false_alarms", [2, 0.07], 0)],
)
def test_a_worse_header_is_found_when_it_is_worse_beyond_the_noise(repository, figure, now, status):
    repository.state(GESTURES, **STATED | {figure: now})
    made = repository.figures("HEAD", ".", status=status)
    assert set(made["changed"]) == {(GESTURES, figure)}
    row = made["changed"][GESTURES, figure]
    assert row["beyond_noise"] == bool(status)
    assert row["verdict"] == ("regression" if status else "")
    assert len(made["regressions"]) == status


def test_kernels_that_compute_something_else_are_a_regression(repository):
    repository.edit(repository.header(VIBRATION), "CRC-32 of the output", "that of the output")
    text = repository.header(VIBRATION).read_text()
    check = re.search(r"0x([0-9A-F]{8})u,? // that of the output", text)[1]
    repository.edit(repository.header(VIBRATION), check, f"{int(check, 16) ^ 1:08X}")
    made = repository.figures("HEAD", ".", status=1)
    assert [line.partition(":")[0] for line in made["regressions"]] == [VIBRATION]
    assert "check CRC" in made["regressions"][0]


def test_kernels_that_never_end_are_a_line(repository, monkeypatch):
    monkeypatch.setattr("ml.profile.machine.PATIENCE_US", 300_000)
    repository.edit(repository.folder / "lib/nn/src/model.c", "layer < model->layers; layer++", ";")
    made = repository.figures("HEAD", ".", status=1)
    assert len(made["regressions"]) == 2
    assert all("endless loop" in line for line in made["regressions"])


def test_a_side_that_does_not_compile_is_a_line(repository):
    repository.edit(
        repository.header(VIBRATION), "static void vibration_anomaly_step(", "static void vibration anomaly("
    )
    broken = repository.commit("Broken")
    done = repository.compare("HEAD~1", "HEAD", status=1)
    assert len(done.stderr.splitlines()) == 1
    assert "refused the model" in done.stderr
    made = repository.figures(broken, "HEAD~1")
    assert [line.split(":")[:2] for line in made["notes"]] == [[VIBRATION, " base"]]
    assert made["by_figure"][VIBRATION, "instructions"]["change"] is None
    assert made["by_figure"][GESTURES, "instructions"]["change"] == 0


def test_an_application_of_one_side_and_a_header_without_figures_are_lines(repository):
    shutil.rmtree(repository.header(VIBRATION).parent)
    text = repository.header(GESTURES).read_text()
    repository.header(GESTURES).write_text(text[text.index("#ifndef") :])
    made = repository.figures("HEAD", ".")
    expected = {f"{VIBRATION}: only in the base", f"{GESTURES}: the head's header states no figures"}
    assert set(made["notes"]) == expected
    assert {row["application"] for row in made["rows"]} == {GESTURES}


def test_what_was_measured_is_not_measured_again(repository, cache):
    repository.compare("HEAD", ".")
    kept = {path: path.stat().st_mtime_ns for path in (cache / "compare/measured").iterdir()}
    (repository.folder / "README.md").write_text("Nothing that is compiled\n")
    repository.commit("Words")
    repository.compare("HEAD~1", "HEAD")
    assert {path: path.stat().st_mtime_ns for path in (cache / "compare/measured").iterdir()} == kept


def test_the_firmware_is_built_and_its_size_compared(repository):
    for part in ("apps", "boards", "platforms"):
        shutil.copytree(ROOT / part, repository.folder / part)
    shutil.rmtree(repository.folder / "lib")
    shutil.copytree(ROOT / "lib", repository.folder / "lib")
    for model in {path.parent for path in repository.folder.glob("lib/*_model/*_model.h")}:
        if model.name != f"{VIBRATION}_model":
            shutil.rmtree(model)
    shutil.copy(ROOT / "platformio.ini", repository.folder)
    repository.commit("A whole project")
    made = repository.figures("HEAD", ".", "--firmware")
    flash, model = (made["by_figure"][VIBRATION, name]["head"] for name in ("firmware_flash", "flash"))
    assert flash > model + 4000
    assert made["changed"] == {}
    assert repository.git("status", "--porcelain", "--ignored") == ""


def comparison(head: Found, **board: object) -> Comparison:
    """Of two figures' worth of counts, made by hand."""
    base = Found(Record(Share(323, 373), false_alarms=Rate(2, 4.0)))
    on = Processor("a|board", 64_000_000, None)
    made = rows("a_model", base, head, on, TOLERANCES)
    return Comparison(Side("[red] `a|b`", {}, ROOT), Side("c", {}, ROOT), on, TOLERANCES, made, ["x < y"], [])


def test_markdown_has_as_many_cells_in_each_row_and_shows_names_as_they_are():
    text = table.markdown(comparison(Found(Record(Share(280, 373), false_alarms=Rate(14, 4.0)))))
    cells = [re.split(r"(?<!\\)\|", line) for line in text.splitlines() if line.startswith("|")]
    assert {len(row) for row in cells} == {9}
    assert len(cells) == 2 + 2
    assert r"### \[red\] \`a\|b\` → c" in text
    assert r"x \< y" in text
    assert "-11.5 points (95 % -17.1 to -5.9)" in text
    assert "86.6 % (323/373)" in text
    assert "Newcombe" in text
    assert "Przyborowski" in text


def test_the_table_at_a_terminal_says_the_same():
    made = comparison(Found(Record(Share(280, 373), false_alarms=Rate(14, 4.0))))
    shown = io.StringIO()
    Console(file=shown, width=200).print(table.terminal(made))
    assert "[red] `a|b`" in shown.getvalue()
    assert shown.getvalue().count("REGRESSION") == 2
    assert "3.5 (14 in 4.00 h)" in shown.getvalue()
