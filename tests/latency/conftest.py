"""Boards for the tests of tools/latency.py, built and started as a user does."""

import pytest
from latency_bench import APP, SECONDS, Bench, motion


@pytest.fixture(scope="session")
def latency_workspace(tmp_path_factory):
    return tmp_path_factory.mktemp("latency")


@pytest.fixture(scope="session")
def bench(latency_workspace):
    """The usual firmware."""
    bench = Bench(latency_workspace, f"{APP}-virtual")
    bench.upload()
    yield bench
    bench.stop()


@pytest.fixture(scope="session")
def recording(latency_workspace):
    return motion(latency_workspace / "motion.csv", SECONDS)


@pytest.fixture(scope="session")
def played(bench, recording, latency_workspace):
    """A log of the whole recording."""
    out = latency_workspace / "played.csv"
    done = bench.run("--play", recording, "--out", out, "--json")
    assert done.status == 0, done.err
    return out, done.json
