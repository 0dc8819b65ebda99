"""The boards of the shelf are listed, asked, and given updates, in a browser."""

import pytest
from studio_server import BOARD, serve

from tests.update import signing

APP = "gesture_recognition"


@pytest.fixture(scope="module")
def other(firmware, tmp_path_factory):
    """A board that takes updates, signed by the keys of the tests."""
    with firmware.running(f"{APP}-host", tmp_path_factory.mktemp("other"), signing.flags()) as running:
        yield running


@pytest.fixture(scope="module")
def served(tmp_path_factory, workspace, board, other):
    root = tmp_path_factory.mktemp("fleet")
    rig = root / "rig.toml"
    rig.write_text(
        f'[[board]]\nname = "desk"\nkind = "virtual"\nport = "{BOARD}"\n\n'
        f'[[board]]\nname = "bench"\nkind = "host"\nport = "{other.console}"\n\n'
        '[[board]]\nname = "away"\nkind = "nano33ble"\nserial = "NOWHERE"\n'
    )
    made = serve(root / "data", workspace, "--rig", str(rig))
    yield made
    made.stop()


@pytest.fixture
def shelf(page):
    page.evaluate("location.hash = 'fleet'")
    page.wait_for_selector("body[data-ready=fleet]")
    page.wait_for_selector("[data-board=desk]")
    return page


def test_the_rigs_boards_are_there_and_one_says_what_it_runs(shelf):
    assert "not there" in shelf.inner_text("[data-board=away]")
    shelf.keyboard.press("a")
    shelf.wait_for_selector("[data-board=desk] td:text('sensor_capture')")
    row = shelf.inner_text("[data-board=desk]")
    assert "answers" in row and "takes no updates" in row


def test_what_is_no_update_is_refused_in_one_line(shelf, tmp_path):
    (tmp_path / "none.tmu").write_bytes(b"TMU1" + b"\xff" * 40)
    with shelf.expect_file_chooser() as chooser:
        shelf.click("[data-board=desk] [data-action=Update]")
    chooser.value.set_files(tmp_path / "none.tmu")
    shelf.wait_for_selector("#notice:not([hidden])")
    assert "expected a whole update file" in shelf.inner_text("#notice")


def test_an_update_is_installed_and_the_row_says_so(shelf, tmp_path):
    update = signing.update(APP, counter=7, host=True)
    update.write(tmp_path / "seven.tmu")
    with shelf.expect_file_chooser() as chooser:
        shelf.click("[data-board=bench] [data-action=Update]")
    chooser.value.set_files(tmp_path / "seven.tmu")
    shelf.wait_for_selector("body[data-update=done]")
    shelf.wait_for_selector("[data-board=bench] td:text('slot 0, counter 7')")


def test_a_board_without_a_model_is_not_verified(shelf):
    shelf.click("[data-board=desk] [data-action=Verify]")
    shelf.wait_for_selector("#notice:not([hidden]):not(.said)")
    assert "expected an application with a model" in shelf.inner_text("#notice")
