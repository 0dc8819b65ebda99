"""python -m ml federate gesture_recognition --nodes 30 --rounds 10 --dropouts 0.3 --malicious 1
python -m ml federate gesture_recognition --nodes 0 --data uhh/ --model trained/    # a board a person
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from ml.cli import Between
from ml.errors import UserError
from ml.fleet import picture
from ml.fleet.image import TRIAL, Base, base_of, compiled, judged, signed
from ml.fleet.learner import Learner
from ml.fleet.people import Person, people
from ml.fleet.rounds import Result
from ml.fleet.settings import SUMS, UPDATES, Settings
from ml.fleet.simulation import Panel, Scenario, Score, alone, central, check, federated
from ml.pipeline.apps import APPS
from ml.pipeline.contract import find
from ml.progress import echo, say, track
from ml.update.keys import read as read_keys
from ml.update.sign import Release

UNSEEN = 20  # simulated people who take no part
CROWD = 26  # people that are simulated at once
Curves = dict[str, list[Score]]


@click.command("federate")
@click.argument("app", metavar="APP", type=click.Choice(list(APPS)))
@click.option("--nodes", default=30, show_default=True, type=click.IntRange(0, 10_000), help="Simulated people.")
@click.option("--rounds", default=10, show_default=True, type=click.IntRange(1, 10_000), help="How many.")
@click.option("--dropouts", default=0.0, show_default=True, type=Between(0, 1), help="Share that goes missing in each.")
@click.option("--malicious", default=0, show_default=True, type=click.IntRange(0), help="Boards that lie.")
@click.option(
    "--kind", default=UPDATES, show_default=True, type=click.Choice([UPDATES, SUMS]), help="What boards send."
)
@click.option(
    "--group", default=Settings.group, show_default=True, help="Members of a group: its sum is all that is seen."
)
@click.option("--data", type=click.Path(exists=True, path_type=Path), help="Recordings: a board more for each person.")
@click.option("--apart", multiple=True, metavar="SUBJECT", help="Of --data: takes no part, and is asked.")
@click.option("--model", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of the model that "
              "boards begin with; the committed one.")  # fmt: skip
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--plot", type=click.Path(path_type=Path), help="Write accuracy by rounds as a .png.")
@click.option("--sign", metavar="KEYS", help="Product, or file of its keys: also write the result as an update.")
@click.option("--counter", type=click.IntRange(1, 2**32 - 1), help="Of the update: above that of every one before it.")
@click.option("--out", type=click.Path(path_type=Path), help="The update; APP.tmu when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def federate(app: str, **given) -> None:
    """Simulate a fleet that learns together: a person a board, clipped and masked updates.

    Beside it: learning in one place, and each board for itself.
    """
    if (given["sign"] is None) != (given["counter"] is None):
        raise UserError(
            "expected --sign and --counter together, found one of them; the counter rises with every update"
        )
    if given["nodes"]:
        _crowded(find(app))  # refuses before anything is read
    keys = read_keys(given["sign"]) if given["sign"] else None
    base = base_of(app, given["model"])
    learner, settings = base.learner(), Settings(kind=given["kind"], group=given["group"])
    panel = _people(base, learner, given)
    scenario = Scenario(given["rounds"], given["dropouts"], given["malicious"], given["seed"], settings)
    curves, learnt = _curves(learner, panel, scenario)
    with tempfile.TemporaryDirectory() as scratch:
        header = compiled(base, learnt, scenario.rounds, Path(scratch))
        right = judged(header, learnt, panel.own)
        if keys:
            update = signed(base, header, keys, Release(given["counter"], str(given["counter"]), TRIAL))
            path = given["out"] or Path(f"{app}.tmu")
            update.write(path)
            say(f"wrote {path}: {update.sent:,} B to send")
    if given["plot"]:
        picture.write(given["plot"], {name: [(one.own, one.others) for one in curve] for name, curve in curves.items()})
        say(f"wrote {given['plot']}")
    _tell(given, panel, curves, right)


def _people(base: Base, learner: Learner, given: dict) -> Panel:
    own: list[Person] = []
    others: list[Person] = []
    if given["data"]:
        found = people(base.made, learner.layer, base.made.app.data(given["data"], given["seed"]))
        if unknown := set(given["apart"]) - {one.name for one in found}:
            raise UserError(f"--apart: expected one of {', '.join(one.name for one in found)}, found {unknown.pop()}")
        own += [one for one in found if one.name not in given["apart"]]
        others += [one for one in found if one.name in given["apart"]]
    if given["nodes"]:
        crowd = _simulated(base, given["nodes"] + UNSEEN)
        own, others = own + crowd[: given["nodes"]], others + crowd[given["nodes"] :]
    return Panel(own, others)


def _crowded(app: Any) -> Any:
    """The application with as many simulated people as there can be."""
    config: Any = getattr(app, "config", None)
    plan: Any = getattr(config, "synthesis", None)
    if not hasattr(plan, "people"):
        raise UserError(f"expected --data and --nodes 0 for {app.name}, found none: nobody simulates its people")
    return replace(app, config=replace(config, synthesis=replace(plan, people=CROWD)))


def _simulated(base: Base, count: int) -> list[Person]:
    crowded = _crowded(base.made.app)
    made: list[Person] = []
    for crowd in track(range(-(-count // CROWD)), "simulating people", -(-count // CROWD)):
        found = people(base.made, base.learner().layer, crowded.data(None, crowd))
        made += [replace(one, name=f"{one.name}{crowd}") for one in found]
    return made[:count]


def _curves(learner: Learner, panel: Panel, scenario: Scenario) -> tuple[Curves, Learner]:
    """For each round from 0 on, and what the fleet has learnt."""
    check(panel.own, scenario)
    before = panel.score(learner.shipped())
    curves: Curves = {"each board for itself": [before, *alone(learner, panel.own, panel, scenario)]}
    curves["central"] = [before, *(panel.score(one.shipped()) for one in central(learner, panel.own, scenario))]
    learnt = learner
    for name, one in _kinds(scenario, len(panel.own)).items():
        curves[name], told = [before], Result()
        for learnt, result in track(federated(learner, panel.own, one), name, one.rounds):
            curves[name].append(panel.score(learnt.shipped()))
            told += result
        say(f"{name}: {told.line()}")
    return curves, learnt


def _kinds(scenario: Scenario, boards: int) -> dict[str, Scenario]:
    """What is asked for, one thing at a time, and all together last."""
    plain, share = replace(scenario, dropouts=0.0, malicious=0), f"{scenario.dropouts:.0%}"
    kinds, liars = {"federated": plain}, f"with {scenario.malicious} of {boards} lying"
    if scenario.dropouts:
        kinds[f"with dropouts of {share}"] = replace(plain, dropouts=scenario.dropouts)
    if scenario.malicious:
        kinds[liars] = replace(plain, malicious=scenario.malicious)
        kinds |= {f"{liars}, and {share} dropouts": scenario} if scenario.dropouts else {}
    return kinds


def _tell(given: dict, panel: Panel, curves: Curves, right: float) -> None:
    if given["as_json"]:
        found = {name: [asdict(one) for one in curve] for name, curve in curves.items()}
        about = {"boards": len(panel.own), "others": len(panel.others), "compiled": right, "rounds": found}
        click.echo(json.dumps(about, indent=1))
        return
    echo(f"{len(panel.own)} boards, {len(panel.others)} people who take no part; % right before, and after the rounds")
    for name, curve in curves.items():
        first, last = curve[0], curve[-1]
        others = f", others {first.others:.1%} -> {last.others:.1%}" if panel.others else ""
        echo(f"{name:34} own {first.own:.1%} -> {last.own:.1%}{others}")
    echo(f"the compiled header of the last one answers {right:.1%} of what its people did not learn from")
