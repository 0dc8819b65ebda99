"""python -m ml search gesture_recognition --board nano33ble --ms 2 --flash 10k --ram 1k --accuracy 0.95
python -m ml search gesture_recognition --space my_space.py --trials 100
python -m ml search gesture_recognition --apply best
"""

import json
import sys
import time
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from ml.cli import Between
from ml.commands.run import BOUND, TARGET, asked_for, check
from ml.data.split import named
from ml.errors import UserError
from ml.evaluate.intervals import short
from ml.evaluate.limits import NOT_MET
from ml.files import write_json
from ml.pipeline.apps import APPS
from ml.profile.measure import clock
from ml.progress import echo, say
from ml.search import apply, cost, finalists, loop, page
from ml.search.loop import Enough
from ml.search.subject import Asked
from ml.shrink import budget
from ml.shrink.budget import Budget
from ml.workers import WORKERS

UNSEEN = ", each unseen by the network that it tunes with"
TRIALS = 40  # where nobody says how many, or how long


@click.command()
@click.argument("app", metavar="APP", type=click.Choice(list(APPS)))
@click.option("--board", default="nano33ble", show_default=True, metavar="BOARD", help="Whose milliseconds count.")
@click.option("--ms", type=Between(0), metavar="X", help="The most milliseconds an inference may take there.")
@click.option("--uj", type=Between(0), metavar="X", help="The most microjoules of one, by the board's data sheet.")
@click.option("--flash", metavar="BYTES", help="The most constants of the model, as 100k.")
@click.option("--ram", metavar="BYTES", help="The most arena and state, as 40k.")
@click.option("--accuracy", type=Between(0, 1), metavar="X", help="The least share of held-out items to be right.")
@click.option("--data", type=click.Path(), multiple=True, help="As in `run`.")
@click.option("--hold-out", multiple=True, metavar="SUBJECT", help="The subjects that judge; otherwise as in `run`.")
@click.option("--space", type=click.Path(path_type=Path), help="Python with SPACE, instead of the application's own.")
@click.option("--trials", type=click.IntRange(1), help=f"Candidates to train; default {TRIALS}, with --hours no limit.")
@click.option("--hours", type=Between(0), metavar="X", help="The longest that candidates are tried.")
@TARGET
@BOUND
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--seeds", default=3, show_default=True, type=click.IntRange(1, 20), help="Trainings of each finalist.")
@click.option("--finalists", "count", default=3, show_default=True, type=click.IntRange(1, 20), help="How many.")
@click.option("--random", is_flag=True, help="Propose by chance alone: the baseline of the search.")
@click.option("--apply", "applied", metavar="best|N", help="Make a finalist the application's model; nothing is tried.")
@click.option("--workers", default=WORKERS, show_default=True, type=click.IntRange(1, 64), help="For the finalists.")
@click.option("--ray", "address", metavar="ADDRESS", help="A Ray cluster; `local` starts one on this machine.")
@click.option("--tasks", type=click.IntRange(1, 10_000), help="Trials at a time with --ray; default: its processors.")
@click.option("--quick", is_flag=True, help="A trial of minutes; its figures mean little.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--out", type=click.Path(file_okay=False), help="Folder for everything, instead of build/ and lib/.")
def search(applied: str | None, **asked) -> None:
    """Find front end and network that keep a budget; train, compile and verify the best."""
    started = time.monotonic()
    wanted = _asked(asked)
    if applied:
        echo(f"wrote {apply.apply(wanted, apply.named(apply.kept(wanted), applied))}")
        return
    _check(wanted)
    if asked["address"]:
        from ml.search import cluster  # noqa: PLC0415  an extra

        found = cluster.run(wanted, _enough(asked), asked["address"], asked["tasks"])
    else:
        found = loop.run(wanted, _enough(asked))
    kept = _judged(wanted, found, asked)
    write_json(wanted.run.folder / "search.json", kept)
    path = page.write(wanted.run.folder, kept, wanted.budget)
    if as_json := asked["as_json"]:
        click.echo(json.dumps(kept, indent=1))
    else:
        (Console() if sys.stdout.isatty() else Console(width=150)).print(_table(kept, wanted.budget))
    say(f"wrote {path}   ({time.monotonic() - started:.0f} s)")
    if not as_json:
        echo(kept["verdict"])


def _asked(given: dict) -> Asked:
    clock(given["board"])  # refuses a board without a Cortex-M4 before anything is computed
    flash, ram = (budget.size(given[name], f"--{name}") for name in ("flash", "ram"))
    limits = Budget(given["board"], given["ms"], flash, ram, given["accuracy"], given["uj"])
    names = ("data", "hold_out", "seed", "quick", "out", "target", "bound")
    run = asked_for(given["app"], **{name: given[name] for name in names})
    return Asked(run, limits, given["space"] and given["space"].resolve(), given["random"])


def _enough(given: dict) -> Enough:
    trials = given["trials"] or (None if given["hours"] is not None else TRIALS)
    return Enough(trials, given["hours"])


def _check(wanted: Asked) -> None:
    """Refuses what cannot be before anything is trained."""
    task, limits = wanted.task, wanted.budget
    check(wanted.run, wanted.full)
    least = cost.smallest(task, wanted.designs.ends())
    if limits.uj is not None and least["boards"][limits.board]["uj"] is None:
        raise UserError(f"--uj: expected a board whose currents are documented, found {limits.board}; leave it out")
    cost.check(limits, least)


def _judged(wanted: Asked, found: list[dict], given: dict) -> dict:
    """What search.json holds."""
    task, front = wanted.full, loop.front(found)
    if not front:
        raise UserError(f"expected a candidate within the budget, found none; {_nearest(found, wanted.budget)}")
    rows = finalists.finalists(wanted, front, given["count"], given["seeds"], given["workers"])
    tuned = task.split.validation or tuple(sorted({one for one in task.split.choosing or task.split.train}))
    return {
        "subject": task.app.name,
        "data": task.data.hash,
        "seed": task.seed,
        "seeds": given["seeds"],
        "random": wanted.random,
        "quick": task.quick,
        "simulated": {item.source for item in task.data.items} == {"simulated"},
        "budget": vars(wanted.budget),
        "items": rows[0]["items"],
        "figure": "accuracy" if task.app.outputs_are_scores else "area under the curve",
        "trials": counts(found),
        "people": {
            "trained": named(wanted.task.split.train),
            "chose": named(wanted.task.split.validation),
            "tuned": named(tuned) + ("" if task.split.validation else UNSEEN),
            "judged": named(task.split.test),
        },
        "command": f"python -m ml search {task.app.name}",
        "front": front,
        "finalists": rows,
        "verdict": verdict(rows, wanted.budget),
    }


def counts(found: list[dict]) -> dict[str, int]:
    """How many proposals ended how."""
    new = [one for one in found if loop.is_new(one)]
    return {
        "trained": len(new),
        "stopped": sum(bool(one["stopped"]) for one in new),
        "over": sum(one.get("stopped") == "over the budget" for one in found),
        "refused": sum("refused" in one for one in found),
        "repeated": sum("repeated" in one for one in found),
    }


def _nearest(found: list[dict], limits: Budget) -> str:
    known = [one["costs"] | {"name": f"trial {one['trial']}", "accuracy": 1.0} for one in found if one.get("costs")]
    if not known:
        return "no proposal compiles"
    nearest = min(known, key=lambda row: sum(limits.excess(row).values()))
    return f"the nearest, {nearest['name']}, has {budget.lacks(nearest, limits) or 'not been trained whole'}"


def verdict(rows: list[dict], limits: Budget) -> str:
    """Whether the chosen one keeps budget and false alarms, by the people who judged; the nearest where none does."""
    best, board = rows[0], limits.board
    figures = (
        f"{100 * best['accuracy']:.1f} % ({100 * min(best['by_seed']):.1f} to {100 * max(best['by_seed']):.1f} over "
        f"{len(best['by_seed'])} seeds), {best['flash']:,} B of flash, {best['ram']:,} B of RAM, "
        f"{short(best['boards'][board]['ms'])} ms on {board}"
    )
    alarms = best["operating"]
    figures += (
        f"; at most {short(alarms['asked_per_hour'])} false alarms an hour: {alarms['state']}, {alarms['reason']}"
    )
    if not limits.excess(best) and alarms["state"] == NOT_MET:
        return f"nobody met what was asked: {best['name']} keeps the budget, but not the false alarms: {figures}"
    if not limits.excess(best):
        return f"{best['name']} keeps the budget: {figures}; take it with --apply best"
    others = [row["name"] for row in rows[1:] if not limits.excess(row)]
    also = f" ({', '.join(others)} does, but those who chose preferred another)" if others else ""
    return f"nobody met the budget{also}: the nearest, {best['name']}, has {budget.lacks(best, limits)}; {figures}"


def _table(kept: dict, limits: Budget) -> Table:
    made = Table(title="finalists; cycles, time and energy are estimates", title_justify="left")
    for name in ("network", "flash B", "RAM B", "cycles", f"ms, {limits.board}", "uJ", f"{kept['figure']} %", "found"):
        made.add_column(name, justify="left" if name in ("network", "found") else "right")
    for row in kept["finalists"]:
        there = row["boards"][limits.board]
        seeds = f"{100 * row['accuracy']:.1f} ({100 * min(row['by_seed']):.1f}..{100 * max(row['by_seed']):.1f})"
        uj = "" if there["uj"] is None else short(there["uj"])
        costs = [f"{row[name]:,}" for name in ("flash", "ram", "cycles")]
        made.add_row(row["name"], *costs, short(there["ms"]), uj, seeds, "; ".join(page.found(row)))
    return made
