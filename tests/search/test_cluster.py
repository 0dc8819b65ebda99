"""A search over a local Ray cluster of two processes."""

import pytest

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install '.[cluster]'")

from ml.search import cluster, loop  # noqa: E402
from ml.search.loop import Enough  # noqa: E402
from tests.search.by_formula import asked, designs, explored, formula  # noqa: E402

TRIALS = 6


@pytest.fixture(scope="module")
def two_processes():
    """A cluster of this machine."""
    ray.init(
        num_cpus=2,
        runtime_env=cluster.environment(),
        log_to_driver=False,
        logging_level="ERROR",
        include_dashboard=False,
    )
    yield
    ray.shutdown()


@pytest.fixture(autouse=True)
def by_formula(monkeypatch):
    """In this process, and in the workers."""
    monkeypatch.setattr("ml.search.candidate.Bench.quality", formula)
    monkeypatch.setattr(cluster, "explore", explored)


@pytest.mark.usefixtures("two_processes")
def test_a_killed_workers_trial_is_run_again_and_the_result_is_the_same(tmp_path):
    alone = designs(loop.run(asked(tmp_path / "alone"), Enough(TRIALS, None)))
    one = designs(cluster.run(asked(tmp_path / "one"), Enough(TRIALS, None), "local", tasks=1))
    assert one == alone
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "kill").touch()
    two = cluster.run(asked(tmp_path / "two"), Enough(TRIALS, None), "local", tasks=2)
    again = cluster.run(asked(tmp_path / "again"), Enough(TRIALS, None), "local", tasks=2)
    assert not (tmp_path / "two" / "kill").exists()
    assert designs(two) == designs(again) and sum(map(loop.is_new, two)) == TRIALS


def test_a_data_set_travels_once_by_its_content(tmp_path):
    (tmp_path / "manifest.csv").write_text("file\n")
    data = cluster.packed(tmp_path)
    assert data == cluster.packed(tmp_path)
    made = cluster.unpacked(data)
    assert made == cluster.unpacked(data) and (made / "manifest.csv").read_text() == "file\n"
