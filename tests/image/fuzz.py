"""Changed images under both sanitizers: `python -m tests.image.fuzz --count 1000000`."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import click

from ml.commands.pack import committed_header
from ml.image import pack
from ml.image.host import FFT, IMAGE
from ml.native.build import FLAGS as STRICT
from ml.native.build import INCLUDES, archive
from ml.paths import ROOT

FLAGS = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]  # as the archive of other tests
APPS = ("vibration_anomaly", "fall_detection", "gesture_recognition", "keyword_spotting")


def program(folder: Path) -> Path:
    """The C program, built with the sanitizers."""
    options = {"includes": [IMAGE / "include"], "flags": FLAGS}
    kernels = archive("nn-sanitized", sorted((ROOT / "lib/nn/src").rglob("*.c")), flags=FLAGS)
    sources = [*sorted((IMAGE / "src").glob("*.c")), *sorted(FFT.glob("fft*.c"))]
    parts = archive("image-sanitized", sources, **options)
    made = folder / "mutations"
    includes = [f"-I{place}" for place in (*INCLUDES, IMAGE / "include")]
    source = str(Path(__file__).with_name("mutations.c"))
    command = ["gcc", *STRICT, *FLAGS, "-Wno-conversion", *includes, source, str(parts), str(kernels), "-o", str(made)]
    subprocess.run(command, check=True)
    return made


def run(made: Path, app: str, count: int, seed: int, folder: Path) -> subprocess.CompletedProcess:
    """Judges `count` changes of an application's image."""
    image = folder / f"{app}.tmb"
    pack(committed_header(app), host=True).write(image)
    return subprocess.run([str(made), str(image), str(count), str(seed)], capture_output=True, text=True, check=False)


@click.command()
@click.option("--count", type=click.IntRange(1), default=100_000, show_default=True, help="Changed images altogether.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--apps", default=",".join(APPS), show_default=True, help="Whose images, in equal parts.")
def main(count: int, seed: int, apps: str) -> None:
    """Change the committed models' images; a finding of a sanitizer ends it with status 1."""
    names = apps.split(",")
    with tempfile.TemporaryDirectory() as scratch:
        made = program(Path(scratch))
        for app in names:
            done = run(made, app, -(-count // len(names)), seed, Path(scratch))
            click.echo(f"{app}: {(done.stdout + done.stderr).strip()}")
            if done.returncode:
                raise SystemExit(1)


if __name__ == "__main__":
    main()
