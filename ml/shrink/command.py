"""python -m ml shrink gesture_recognition                                   # every technique once
python -m ml shrink gesture_recognition --to nano33ble --ms 50 --flash 16k
python -m ml shrink MODEL.keras --examples FILE.npz
python -m ml shrink gesture_recognition --apply int4-aware
"""

import json
import shutil
import sys
import time
from pathlib import Path

import click
from rich.console import Console

from ml.cli import Between
from ml.commands.run import asked_for, check
from ml.data.split import named
from ml.errors import UserError
from ml.files import replace_file, write_json
from ml.kept import kept_files
from ml.pipeline.apps import APPS
from ml.profile.measure import clock
from ml.progress import echo, say
from ml.shrink import apply, budget, make, page, table
from ml.shrink.budget import Budget
from ml.shrink.make import Extent, Trial
from ml.shrink.subject import Own, Subject, plain
from ml.shrink.variants import BASE, Variant, chosen, every
from ml.workers import WORKERS

BOARD = "nano33ble"
# Stages whose files a variant's folder shows; beside the header lies a copy of what `convert` made.
KEPT = {"train": (".keras",), "compress": (".keras",), "convert": (".tflite",), "emit": (".h",)}


@click.command()
@click.argument("what", metavar="APP|MODEL.keras")
@click.option("--examples", type=click.Path(path_type=Path), help="Of MODEL.keras: a .npz with `inputs` and `labels`.")
@click.option("--data", type=click.Path(), multiple=True, help="Of APP: as in `run`.")
@click.option("--hold-out", multiple=True, metavar="SUBJECT", help="The subjects that judge; otherwise as in `run`.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="The first of the seeds.")
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1, 20), help="How many; 3 at least compare.")
@click.option("--to", "board", default=BOARD, show_default=True, metavar="BOARD", help="Whose milliseconds count.")
@click.option("--ms", type=Between(0), metavar="X", help="The most milliseconds an inference may take there.")
@click.option("--accuracy", type=Between(0, 1), metavar="X", help="The least share of held-out items to be right.")
@click.option("--flash", metavar="BYTES", help="The most constants of the model, as 64k.")
@click.option("--ram", metavar="BYTES", help="The most arena and state, as 16k.")
@click.option("--variants", metavar="A,B,...", help="Only these, with what they are compared with.")
@click.option(
    "--apply", "applied", metavar="NAME", help="Make this variant the application's model: recipe and header."
)
@click.option(
    "--no-streams",
    "streams",
    flag_value=False,
    default=True,
    help="Windows alone judge: no false alarms, no header, a part of the time.",
)
@click.option(
    "--workers", default=WORKERS, show_default=True, type=click.IntRange(1, 64), help="Processes beside each other."
)
@click.option("--quick", is_flag=True, help="A trial of a minute; its figures mean little.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--out", type=click.Path(file_okay=False), help="Folder for everything, instead of build/ and lib/.")
def shrink(
    what: str,
    *,
    applied: str | None,
    variants: str | None,
    seeds: int,
    workers: int,
    streams: bool,
    as_json: bool,
    **asked,
) -> None:
    """Make smaller variants of a model; compare them with int8 and with smaller networks from scratch."""
    started = time.monotonic()
    limits = _budget(asked)
    subject = _subject(what, asked)
    all_ = every(plain(subject).app.training.epochs)
    if applied:
        _apply(subject, apply.named(all_, applied))
        return
    wanted = chosen(all_, variants)
    kept = _compare(subject, wanted, Extent(seeds, workers, streams), what)
    path = page.write(subject.folder, kept, limits)
    if as_json:
        click.echo(json.dumps(kept, indent=1))
    else:
        (Console() if sys.stdout.isatty() else Console(width=230)).print(table.table(kept["rows"], limits))
    say(f"wrote {path}   ({time.monotonic() - started:.0f} s)")
    if limits.is_set:
        found = budget.best(kept["rows"], limits)
        echo(f"within the budget: {found['name']} ({found['says']}); take it with --apply {found['name']}")


def _budget(asked: dict) -> Budget:
    clock(asked["board"])  # refuses a board without a Cortex-M4 before anything is computed
    flash, ram = (budget.size(asked[name], f"--{name}") for name in ("flash", "ram"))
    return Budget(asked["board"], asked["ms"], flash, ram, asked["accuracy"])


def _subject(what: str, asked: dict) -> Subject:
    if what in APPS:
        if asked["examples"]:
            raise UserError(f"--examples: expected a MODEL.keras beside it, found {what}; its examples are its own")
        names = ("data", "hold_out", "seed", "quick", "out")
        run = asked_for(what, **{name: asked[name] for name in names})
        check(run, plain(run))
        return run
    if not what.endswith(".keras"):
        raise UserError(f"expected an application ({', '.join(APPS)}) or a .keras file, found {what!r}")
    if not asked["examples"]:
        raise UserError(f"{what}: expected --examples FILE.npz beside a model of your own, found none")
    return Own(Path(what).resolve(), asked["examples"].resolve(), asked["out"])


def _apply(subject: Subject, variant: Variant) -> None:
    if isinstance(subject, Own):
        raise UserError("--apply: expected an application, found a model of your own; take the header of its variant")
    echo(f"wrote {apply.apply(subject, variant)}")


def _compare(subject: Subject, variants: tuple[Variant, ...], extent: Extent, what: str) -> dict:
    """-> variants/<name>/, tradeoff.json."""
    task = plain(subject)
    if task.app.variant:
        say(f"compared: the {task.app.variant}, whose answers are the network's")
    trials = make.trials(subject, variants, extent)
    rows = table.rows(subject, variants, trials)
    base = next(row for row in rows if row["name"] == BASE)
    kept = {
        "subject": task.app.name,
        "data": task.data.hash,
        "seeds": extent.seeds,
        "items": base["items"],
        "people": named(task.split.test),
        "quick": task.quick,
        "simulated": {item.source for item in task.data.items} == {"simulated"},
        "boards": list(base["boards"]),
        "command": f"python -m ml shrink {what}",
        "rows": rows,
    }
    write_json(subject.folder / "tradeoff.json", kept)
    for row in rows:
        _show(subject.folder / "variants" / row["name"], row, [one for one in trials if one.name == row["name"]])
    return kept


def _show(folder: Path, row: dict, trials: list[Trial]) -> None:
    """The first seed's files, with the recipe as plan.json and the row of the table as metrics.json."""
    shutil.rmtree(folder, ignore_errors=True)
    if "refused" in row:
        return
    for stage in (one for one in KEPT if one in trials[0].folders):
        for file in kept_files(trials[0].folders[stage]):
            if file.suffix in KEPT[stage]:
                replace_file(folder / file.name, file.read_bytes())
    bits = trials[0].folders["compress"] / "network.json"
    write_json(folder / "plan.json", row["recipe"] | (json.loads(bits.read_text()) if bits.is_file() else {"bits": {}}))
    write_json(folder / "metrics.json", row)
