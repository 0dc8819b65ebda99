"""Boards for the tests of tools/latency.py, found by it as those that a user has started."""

import pytest
from latency_bench import APP, SECONDS, Bench, motion


@pytest.fixture(scope="session")
def latency_workspace(tmp_path_factory):
    return tmp_path_factory.mktemp("latency")


@pytest.fixture(scope="module")
def bench(firmware, latency_workspace):
    """The usual firmware."""
    with firmware.running(f"{APP}-virtual", latency_workspace) as board:
        yield Bench(latency_workspace, board.image.environment)


@pytest.fixture(scope="session")
def recording(latency_workspace):
    return motion(latency_workspace / "motion.csv", SECONDS)


@pytest.fixture(scope="module")
def played(bench, recording, tmp_path_factory):
    """A log of the whole recording."""
    out = tmp_path_factory.mktemp("played") / "played.csv"
    done = bench.run("--play", recording, "--out", out, "--json")
    assert done.status == 0, done.err
    return out, done.json
