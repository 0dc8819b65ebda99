"""Changed patches of the firmware under both sanitizers: `python -m tests.update.firmware_fuzz --count 1000000`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click

from tests.update.field_host import program, written
from tests.update.firmware_cuts import patches
from tests.update.trials import end


def run(
    folder: Path, count: int, seed: int = 0, sabotage: tuple[str, str] | None = None
) -> subprocess.CompletedProcess:
    """Six of eight are patches, one a manifest, one an image in the flash."""
    made = program("firmware_fuzz", folder, sabotage, firmware=True)
    flashed, old, new = patches()
    (folder / "flashed.bin").write_bytes(flashed)
    files = [written(old, folder / "old.tmu"), written(new, folder / "new.tmu")]
    command = [str(made), str(folder / "flashed.bin"), *map(str, files), str(count), str(seed)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@click.command()
@click.option("--count", type=click.IntRange(1), default=100_000, show_default=True, help="Mutations altogether.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def main(count: int, seed: int) -> None:
    """Change patches, manifests and images; a finding, or one that is started, ends it with status 1."""
    end(lambda folder: run(folder, count, seed))


if __name__ == "__main__":
    main()
