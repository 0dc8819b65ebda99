"""In a repository of somebody else: whatever is wrong with a board fails its tests, each with one clear line."""

import re

import pytest

from tests.rig.repository import HASH, Case, Ran, made, once, run_pytest, workers_of
from tools.rig.emulator import emulator_control


@pytest.fixture(scope="session")
def broken(common) -> Ran:
    """A virtual board, broken on purpose."""
    return once(common, "broken", lambda: run_pytest(made(common / "theirs"), "checks/test_broken.py"))


def virtual(ran: Ran, name: str) -> Case:
    return ran.cases[f"test_{name}[virtual-counter]"]


@pytest.mark.parametrize(
    "name",
    [
        "a_good_board_passes",
        "after_a_failure_the_board_is_started_afresh",
        "at_the_end_the_usual_image_answers",
        "a_power_cycle_is_one",
        "its_sensors_can_be_played_into",
        "after_a_rest_it_is_there_again",
    ],
)
def test_a_board_in_order_passes(broken, name):
    assert virtual(broken, name).outcome == "passed", broken.output


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a_dead_board_fails", r"virtual: expected its emulator to run, found it ended: .*"),
        ("an_old_image_fails", rf"virtual: expected build {HASH}, found {HASH}; is this .*"),
        ("a_wrong_application_fails", r"virtual: expected the application counter, found other; is this .*"),
        ("a_wrong_model_fails", rf"virtual: expected the model {HASH}, found 0123456789abcdef; is this .*"),
        ("a_firmware_that_does_not_build_fails", r"counter-virtual: expected it to build .*'nonsense' .*"),
    ],
)
def test_a_board_that_is_not_in_order_fails_with_one_line(broken, name, line):
    case = virtual(broken, name)
    assert case.outcome == "failed"
    assert re.fullmatch(line, case.text.strip()), case.text


def test_a_board_that_dies_within_a_test_fails_it(broken):
    case = virtual(broken, "a_board_that_dies_meanwhile_fails")
    assert (case.outcome, "expected an" in case.message) == ("failed", True)


def test_reports_name_the_board_its_image_and_the_reason(broken):
    facts = virtual(broken, "a_good_board_passes").properties
    assert (facts["board"], facts["app"], facts["environment"]) == ("virtual", "counter", "counter-virtual")
    assert re.fullmatch(HASH, facts["build"])
    assert re.fullmatch(HASH, facts["model"])
    assert re.search(r"^virtual counter: 6 failed, 6 passed in [\d.]+ s; build \w+ model \w+$", broken.output, re.M)
    for said in ('test_a_good_board_passes</code></td><td class="passed">', facts["model"], "found 0123456789abcdef"):
        assert said in broken.page
    assert "[virtual" not in broken.page  # the same test on another board stands in the same row


def test_a_virtual_board_rests_when_its_tests_are_over(broken):
    assert broken.cases["test_when_its_tests_are_over_it_rests"].outcome == "passed", broken.output


def test_a_virtual_board_does_not_outlive_its_session(broken, common):
    assert virtual(broken, "a_good_board_passes").outcome == "passed"
    assert not list((common / "theirs").rglob(emulator_control.STATE))


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--board", "nano33ble@/dev/none", "--require"], 1, "expected a port at /dev/none, found none"),
        (["--board", "nano33"], 1, "expected the environment counter-nano33 in "),
        (["--rig", "none.toml"], 4, "ERROR: none.toml: expected a rig file, found: No such file or directory"),
    ],
)
def test_what_is_missing_or_wrong_is_said(tmp_path, words, status, said):
    ran = run_pytest(made(tmp_path / "mine"), "checks/test_shelf.py", *words)
    assert (ran.status, said in ran.output) == (status, True), ran.output
    assert all(case.outcome == "failed" for case in ran.cases.values())


def test_with_fewer_workers_than_boards_each_board_still_has_one(tmp_path):
    theirs = made(tmp_path / "mine")
    absent = '[[board]]\nname = "{0}"\nkind = "nano33ble"\nserial = "{0}"\n'
    (theirs / "rig.toml").write_text("".join(map(absent.format, "abc")))
    ran = run_pytest(theirs, "checks/test_shelf.py", "--rig", "rig.toml", "-n", "2")
    assert ran.status == 0, ran.output
    workers = workers_of(ran)
    assert {len(each) for each in workers.values()} == {1}
    assert (set(workers), set.union(*workers.values())) == (set("abc"), {"gw0", "gw1"})
