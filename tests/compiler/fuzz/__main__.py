"""`python -m tests.compiler.fuzz --hours 1 --seed 7`: see docs/compiler.md."""

from __future__ import annotations

import time
from pathlib import Path

import click

from tests.compiler.fuzz import batch
from tests.compiler.fuzz.fuzz import BATCH, Tally, fuzz, save, shrink


@click.command()
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), help="How long; until --networks when left out.")
@click.option("--networks", type=click.IntRange(1), help="How many; without --hours 1,000.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--first", type=click.IntRange(0), default=0, help="Number of the first network of this seed.")
@click.option("--on", "target", type=click.Choice(list(batch.TARGETS)), default="host", show_default=True)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("fuzz"), show_default=True)
def main(hours, networks, seed, first, target, out) -> None:
    """Compare random networks with TensorFlow Lite Micro; save what differs, made small."""
    end = time.monotonic() + hours * 3600 if hours else None
    last = first + (networks or (1 << 40 if hours else 1000))
    tally, failures, number = Tally(), 0, first
    try:
        while number < last and (end is None or time.monotonic() < end):
            count = min(BATCH, last - number)
            for failure in fuzz(seed, count, target, tally, number):
                failures += 1
                small = shrink(failure, target)
                path = save(small, out, f"seed{seed}-{failures}")
                click.echo(f"DIFFERS {failure.network}\n  small: {small.network}\n  {small.what}\n  saved: {path}")
            number += count
            click.echo(f"seed {seed}, next {number}: {tally}; different {failures}")
    except KeyboardInterrupt:
        click.echo(f"stopped at network {number} of seed {seed}")
    for reason, count in tally.refused.most_common():
        click.echo(f"refused {count:6}: {reason}")
    click.echo(f"{tally}; different {failures}")
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
