"""Changed manifests, images and patches under both sanitizers: `python -m tests.update.fuzz --count 1000000`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click

from tests.update import signing
from tests.update.field_host import APP, program, written
from tests.update.trials import end


def run(
    folder: Path, count: int, seed: int = 0, sabotage: tuple[str, str] | None = None
) -> subprocess.CompletedProcess:
    """A third of them each."""
    made = program("field_fuzz", folder, sabotage)
    old = signing.packed(APP, host=True)
    new = signing.renamed(old)
    updates = (signing.signed(old, 1), signing.signed(new, 2), signing.signed(new, 2, base=old.data))
    files = [written(one, folder / f"{number}.tmu") for number, one in enumerate(updates)]
    command = [str(made), *map(str, files), str(count), str(seed)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@click.command()
@click.option("--count", type=click.IntRange(1), default=100_000, show_default=True, help="Mutations altogether.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def main(count: int, seed: int) -> None:
    """Change manifests, images and patches; a finding, or one that becomes active, ends it with status 1."""
    end(lambda folder: run(folder, count, seed))


if __name__ == "__main__":
    main()
