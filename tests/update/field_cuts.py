"""Loss of power at every operation of a signed update: `python -m tests.update.field_cuts --second 20`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click

from tests.update import signing
from tests.update.field_host import APP, program, written
from tests.update.trials import end

KINDS = ("image", "arrays")


def cuts(folder: Path, kind: str, second: int, seed: int = 1, sabotage: tuple[str, str] | None = None):
    """Of a whole image, or of what changed in it."""
    made = program("field_cuts", folder, sabotage)
    old = signing.packed(APP, host=True)
    new = signing.signed(signing.renamed(old), 2, base=old.data if kind == "arrays" else None)
    files = [written(signing.signed(old, 1), folder / "old.tmu"), written(new, folder / "new.tmu")]
    command = [str(made), *map(str, files), str(second), str(seed)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@click.command()
@click.option("--second", type=click.IntRange(0), default=10, show_default=True, help="Second cuts behind each first.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
def main(second: int, seed: int) -> None:
    """Cut the power at every operation of signed updates, and again behind it; status 1 where a model is lost."""
    for kind in KINDS:
        end(lambda folder, kind=kind: cuts(folder, kind, second, seed), f"{kind}: ")


if __name__ == "__main__":
    main()
