"""One server, one board and one browser for the tests of the page, which is a user's, opened in Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from studio_server import BOARD, Served, serve

from tests.chromium import chromium


@pytest.fixture(scope="session")
def workspace(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="module")  # not longer: it streams, which takes time of the processor
def board(firmware, workspace):
    """A board that the page finds."""
    with firmware.running(BOARD, workspace) as running:
        yield running


@pytest.fixture(scope="session")
def served(workspace) -> Iterator[Served]:
    made = serve(workspace / "captured", workspace)
    yield made
    made.stop()


@pytest.fixture(scope="module")  # not longer: its event loop would run in all tests that follow
def browser():
    with chromium() as made:
        yield made


@pytest.fixture(scope="module")
def context(browser, served):
    made = browser.new_context(viewport={"width": 1280, "height": 800}, bypass_csp=True)  # wait_for_function evaluates
    made.set_default_timeout(30_000)
    yield made
    made.close()


@pytest.fixture
def page(context, served):
    """The page, opened by its address; whatever a script throws fails the test."""
    made = context.new_page()
    thrown: list[str] = []
    made.on("pageerror", lambda error: thrown.append(str(error)))
    made.goto(served.address)
    yield made
    made.close()
    assert not thrown, thrown


@pytest.fixture
def connected(page, board):
    """The page, with the board connected."""
    page.wait_for_selector("body[data-ready=live]")
    if not page.evaluate("thimble.state.said?.open ?? false"):
        page.select_option("#boards", BOARD)
        page.click("#connect")
    page.wait_for_function(
        "thimble.state.said?.open && thimble.state.said.streams.length >= 3 && thimble.counted.messages > 5"
    )
    return page
