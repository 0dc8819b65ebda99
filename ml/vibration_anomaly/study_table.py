"""The figures of a study, for JSON and as tables."""

import sys

import numpy as np
from rich.console import Console
from rich.table import Table

from ml.native.machine import State
from ml.vibration_anomaly.figures import areas
from ml.vibration_anomaly.judging import Judged, Told
from ml.vibration_anomaly.life import Lived


def summary(judged: list[Judged], picked: tuple[str, ...] = ()) -> dict:
    """JSON-able: each fold, their mean, and all windows together, by detector; `picked` are names of folds that are
    summed up besides."""
    files, labels = (np.concatenate([getattr(one.held_out, name) for one in judged]) for name in ("files", "labels"))
    made = {}
    for name in judged[0].level:
        folds = {
            one.name: areas(one.level[name], one.held_out.labels, one.held_out.files) | at_threshold(one.told[name])
            for one in judged
        }
        level, hidden = (np.concatenate([getattr(one, kind)[name] for one in judged]) for kind in ("level", "hidden"))
        mean = {
            kind: float(np.mean([one[kind][0] for one in folds.values() if one[kind]] or [np.nan]))
            for kind in ("auc_windows", "auc_recordings")
        }
        all_told = at_threshold([told for one in judged for told in one.told[name]])
        together = areas(level, labels, files) | all_told
        can_judge = areas(level[~hidden], labels[~hidden], files[~hidden])
        made[name] = {"folds": folds, "mean": mean, "together": together, "where it can judge": can_judge | all_told}
        claimed = [one for one in judged if one.claimed]
        made[name]["speeds that it says it can judge"] = _some(name, claimed) if len(claimed) < len(judged) else None
        made[name]["picked"] = _some(name, [one for one in judged if one.name in picked])
    return made


def _some(name: str, some: list[Judged]) -> dict | None:
    """Some of the folds by one threshold, without the windows that cannot be judged; None without any."""
    if not some:
        return None
    seen = [~one.hidden[name] for one in some]
    level = np.concatenate([one.level[name][kept] for one, kept in zip(some, seen, strict=True)])
    labels, files = (
        np.concatenate([getattr(one.held_out, what)[kept] for one, kept in zip(some, seen, strict=True)])
        for what in ("labels", "files")
    )
    told = at_threshold([told for one in some for told in one.told[name]])
    return areas(level, labels, files) | told | {"speeds": [one.name for one in some]}


def at_threshold(told: list[Told]) -> dict:
    """Of faulty and of normal recordings: how many were told, how many it cannot judge, and how many there are that
    could be judged at all, being steady."""
    made = {}
    for kind, faulty in (("faults", True), ("normal", False)):
        mine = [one for one in told if one.faulty == faulty and one.steady]
        made[kind] = [sum(one.told for one in mine), sum(one.hidden for one in mine), len(mine)]
    return made


def print_areas(result: dict) -> None:
    console = _console()
    for name, found in result.items():
        table = Table(
            title=f"{name}: area under the curve [95 %]; told at the threshold + cannot be judged, of recordings",
            title_justify="left",
        )
        for column in ("left out", "windows", "normal/faulty", "recordings", "normal/faulty", "faults", "normal"):
            table.add_column(column, justify="left" if column == "left out" else "right")
        lumped = {"all, one threshold": found["together"], "where it can judge": found["where it can judge"]}
        for what, words in (("speeds that it says it can judge", "it says it can judge"), ("picked", "picked")):
            if some := found[what]:
                lumped[f"{len(some['speeds'])} {words}"] = some
        for fold, one in (found["folds"] | lumped).items():
            kinds = ("windows", "recordings")
            cells = [cell for kind in kinds for cell in (_area(one[f"auc_{kind}"]), "/".join(map(str, one[kind])))]
            table.add_row(fold, *cells, *(_share(one[kind]) for kind in ("faults", "normal")))
        table.add_row("mean", f"{found['mean']['auc_windows']:.4f}", "", f"{found['mean']['auc_recordings']:.4f}")
        console.print(table)


def _share(told: list[int]) -> str:
    found, hidden, count = told
    return f"{found}{f' + {hidden}' if hidden else ''} of {count}"


def _area(found: list[float] | None) -> str:
    return f"{found[0]:.4f} [{found[1]:.3f}, {found[2]:.3f}]" if found else "-"


def print_lives(lived: list[Lived]) -> None:
    table = Table(title="fault events of machines in order", title_justify="left")
    for column in (
        "what happens",
        "recordings",
        "minutes",
        "events",
        "judged",
        *(state.name.lower() for state in State),
    ):
        table.add_column(column, justify="left" if column == "what happens" else "right")
    for scenario in dict.fromkeys(one.scenario for one in lived):
        mine = [one for one in lived if one.scenario == scenario]
        shares = [float(np.mean([one.states[state.name.lower()] for one in mine])) for state in State]
        cells = [len(mine), f"{sum(one.seconds for one in mine) / 60:.1f}", sum(one.events for one in mine)]
        judged = float(np.mean([one.judged for one in mine]))
        table.add_row(scenario, *map(str, cells), f"{judged:.0%}", *(f"{share:.0%}" for share in shares))
    _console().print(table)


def _console() -> Console:
    return Console() if sys.stdout.isatty() else Console(width=140)
