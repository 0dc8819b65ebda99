"""What an earlier run left counts only as long as it is what that run made, by the packages that are installed now."""

import json
from pathlib import Path

import pytest

from ml import kept
from ml.pipeline import cache

INPUTS = {"seed": 0}


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Makes a stage and counts how often; every call as in a process of its own."""
    monkeypatch.setattr(cache, "STAGES", tmp_path)
    times = []

    def make(folder: Path) -> None:
        times.append(folder)
        (folder / "model.tflite").write_bytes(bytes(1000))
        (folder / "metrics.json").write_text('{"accuracy": 0.9}')

    def run() -> tuple[Path, int]:
        monkeypatch.setattr(cache, "_checked", set())
        return cache.stage("train", INPUTS, [], make), len(times)

    return run


def test_an_intact_stage_is_found_again(made):
    folder, _ = made()
    assert made() == (folder, 1)
    assert [path.name for path in kept.kept_files(folder)] == ["metrics.json", "model.tflite"]


def flip_a_bit(folder: Path) -> None:
    path = folder / "model.tflite"
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)


def cut(folder: Path) -> None:
    path = folder / "model.tflite"
    path.write_bytes(path.read_bytes()[:500])


def edit_the_accuracy(folder: Path) -> None:
    (folder / "metrics.json").write_text('{"accuracy": 0.999}')


def remove(folder: Path) -> None:
    (folder / "metrics.json").unlink()


def add(folder: Path) -> None:
    (folder / "decision.json").write_text("{}")


def break_the_seal(folder: Path) -> None:
    (folder / kept.SEAL).write_text("[" * 100_000)


@pytest.mark.parametrize("damage", [flip_a_bit, cut, edit_the_accuracy, remove, add, break_the_seal])
def test_a_stage_that_somebody_changed_is_made_again_and_that_is_said(made, capsys, damage):
    folder, _ = made()
    before = {path.name: path.read_bytes() for path in kept.kept_files(folder)}
    damage(folder)
    assert made() == (folder, 2)
    assert {path.name: path.read_bytes() for path in kept.kept_files(folder)} == before
    assert "making them again" in capsys.readouterr().err
    assert sorted(path.name for path in folder.parent.iterdir()) == [folder.name]


def test_what_fails_half_way_leaves_nothing(tmp_path):
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.made_once(tmp_path / "stage", fail)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("package", ["tensorflow-cpu", "numpy", "scikit-learn"])
def test_another_version_of_a_package_that_decides_makes_every_stage_again(monkeypatch, package):
    before = cache.key(INPUTS, [])
    cache.versions.cache_clear()
    real = cache.metadata.version
    monkeypatch.setattr(cache.metadata, "version", lambda name: "99.0" if name == package else real(name))
    assert cache.key(INPUTS, []) != before
    cache.versions.cache_clear()


def test_the_key_names_the_versions_that_are_installed():
    assert {"python", "numpy", "tensorflow-cpu", "keras"} <= cache.versions().keys()
    assert json.loads(json.dumps(cache.versions())) == cache.versions()
