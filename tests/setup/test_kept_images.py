"""An image of an earlier session is taken only where all that it was made of is as it was."""

from pathlib import Path

import pytest

from tests import kept_images


@pytest.fixture
def image(tmp_path, monkeypatch):
    """Asks for the image with these flags; returns what it holds: the number of the build that made it."""
    monkeypatch.setattr(kept_images, "IMAGES", tmp_path / "images")
    program, builds = tmp_path / "session" / "firmware.elf", []

    def build() -> None:
        builds.append("")
        program.write_text(str(len(builds)))

    def asked(flags: str = "", name: str = "one") -> int:
        program.unlink(missing_ok=True)
        kept_images.made(name, flags, program, build)
        return int(program.read_text())

    return asked


def test_what_has_not_changed_is_not_built_again(image):
    assert [image(), image(), image(name="two"), image(), image(name="two")] == [1, 1, 2, 1, 2]


@pytest.mark.parametrize("what", ["_sources", "_tools"])
def test_other_sources_or_tools_are_another_image(image, monkeypatch, what):
    assert image() == 1
    monkeypatch.setattr(kept_images, what, lambda: "others")
    assert (image(), image()) == (2, 2)


def test_a_header_that_a_flag_names_counts_and_so_does_the_name_of_the_build(image, tmp_path, monkeypatch):
    header = tmp_path / "keys.h"
    header.write_text("1")
    flags = f"'-D KEYS=\"{header}\"'"
    assert (image(flags), image(flags)) == (1, 1)
    header.write_text("2")
    assert image(flags) == 2
    monkeypatch.setenv("SERVICE_BUILD", "before")
    assert image(flags) == 3


def test_the_last_image_of_a_name_is_kept_and_no_other(image, tmp_path, monkeypatch):
    assert image() == 1
    monkeypatch.setattr(kept_images, "_sources", lambda: "others")
    assert image() == 2
    assert len(list(Path(tmp_path, "images").rglob("*.*"))) == 1


def test_the_sources_are_those_of_the_firmware(monkeypatch):
    kept_images._sources.cache_clear()
    read = []
    monkeypatch.setattr(Path, "read_bytes", lambda path, real=Path.read_bytes: read.append(path) or real(path))
    kept_images._sources()
    kept_images._sources.cache_clear()
    names = {path.relative_to(kept_images.ROOT).as_posix() for path in read}
    parts = ("lib/nn/src/model.c", "apps/sensor_capture/app.ini", "boards/host.ini", "platforms/virtual/mps2/mps2.ld")
    assert names >= {*parts, "platformio.ini"}
