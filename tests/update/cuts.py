"""Loss of power at every operation of an update: `python -m tests.update.cuts --second 40`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click

from ml.paths import ROOT
from tests.update.trials import end

HERE = Path(__file__).parent
UPDATE = ROOT / "lib" / "update"
SOURCES = [UPDATE / "src" / f"{name}.c" for name in ("blocks", "changes", "journal", "slots", "writer")]
CRC = ROOT / "lib" / "nn" / "src" / "model.c"
INCLUDES = [UPDATE / "include", UPDATE / "src", *(ROOT / "lib" / part / "include" for part in ("board", "nn")), HERE]
LIMITS = ["-DUPDATE_MAX_BLOCKS=512", "-DUPDATE_MAX_PAGES=64"]
SANITIZERS = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def cuts(folder: Path, second: int, seed: int = 1, sabotage: tuple[str, str] | None = None):
    """Builds cuts.c and runs it, with one text of the library's source replaced by another."""
    sources = list(SOURCES)
    if sabotage:
        texts = {source: source.read_text() for source in SOURCES}
        assert sum(text.count(sabotage[0]) for text in texts.values()) == 1, "the source has changed"
        wrong = next(source for source, text in texts.items() if sabotage[0] in text)
        sources[SOURCES.index(wrong)] = folder / wrong.name
        (folder / wrong.name).write_text(texts[wrong].replace(*sabotage))
    made = folder / "cuts"
    code = [str(HERE / "cuts.c"), str(HERE / "nor.c"), str(CRC), *map(str, sources)]
    command = ["gcc", "-std=gnu99", *SANITIZERS, *LIMITS, *(f"-I{place}" for place in INCLUDES), *code, "-o", str(made)]
    subprocess.run(command, check=True)
    return subprocess.run([str(made), str(second), str(seed)], capture_output=True, text=True, check=False)


@click.command()
@click.option("--second", type=click.IntRange(0), default=10, show_default=True, help="Second cuts behind each first.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
def main(second: int, seed: int) -> None:
    """Cut the power at every operation of an update, and again behind it; status 1 where an image or the update is
    lost."""
    end(lambda folder: cuts(folder, second, seed))


if __name__ == "__main__":
    main()
