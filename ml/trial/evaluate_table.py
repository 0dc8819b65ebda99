"""What `ml evaluate` found, as tables for people."""

import sys

import numpy as np
from rich.console import Console
from rich.table import Table

from ml.evaluate.accuracy import flat
from ml.evaluate.operating_point import in_words
from ml.printable import printable
from ml.progress import say
from ml.trial.stream_summary import print_streams

MOST_ROWS = 20  # subjects in the table; the JSON has them all


def print_result(result: dict) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=150)
    under = "" if result["under"] == "clean" else f", under {result['under']} (seed {result['seed']})"
    console.print(f"{result['app']}: model {result['model']}, data {result['data'][:16]}{under}", markup=False)
    console.print(f"{result['header']}: its front end, gate and decision are what runs here, number by number")
    if result["left_out"]:
        first = printable(", ".join(str(value) for value in result["left_out"][0].values()))
        console.print(f"{len(result['left_out'])} recordings left out as unusable; the first: {first}", markup=False)
    if result["untested"]:
        console.print(f"not tested, as nobody here shows them: {', '.join(result['untested'])}", markup=False)
    if result["recordings"]:
        _print_recordings(result, console)
    if result["streams"]:
        print_streams(result["streams"], console)
        _print_flagged(result["streams"], console)
    if result["unknown_labels"]:
        _print_unknown(result, console)
    if result["trained_with_this_data"]:
        say("warning: this is the data that the model was trained with; the figures say little about anything else")


def _print_recordings(result: dict, console: Console) -> None:
    found = result["recordings"]
    console.print(_accuracy(found))
    console.print(f"mean of the classes: {100 * found['balanced']:.1f} %", highlight=False)
    console.print(_classes(found, result["labels"]))
    if found["more"].get("auc_windows"):
        console.print(_areas(found))
    else:
        for name, value in flat(found["more"]):
            console.print(f"{name}: {value}", markup=False)


def _print_flagged(streams: dict, console: Console) -> None:
    told = {"sensor not believed": streams["flagged"], "held otherwise": streams["held_otherwise"]}
    for what, share in told.items():
        if share:
            console.print(f"{what} {100 * share:.1f} % of the time: no answer then", highlight=False)
    if blind := streams["blind"]:
        shares = ", ".join(f"{printable(name)} {100 * share:.0f} %" for name, share in blind["share"].items() if share)
        console.print(f"says that it cannot judge: {shares} of the windows", highlight=False, markup=False)
        if blind["others"]:
            console.print(f"streams that it says it can judge: {in_words(blind['others'])}", highlight=False)


def _print_unknown(result: dict, console: Console) -> None:
    names = ", ".join(result["unknown_labels"])
    if not result["unknown"]:
        console.print(f"not judged, as the model does not know them: {names}", markup=False)
        return
    told = result["unknown"]
    made = Table(title="what the model does not know: each event is false", title_justify="left")
    for column in ("label", "hours", "events", "an hour, 95 %"):
        made.add_column(column, justify="left" if column == "label" else "right")
    for label, row in [*told["by_label"].items(), ("all", told["all"])]:
        low, high = row["false_per_hour_interval"]
        rate = f"{row['false_per_hour']:g} ({low:g}..{'?' if high is None else f'{high:g}'})"
        made.add_row(printable(label), f"{row['hours']:.3g}", str(row["false_detections"]), rate)
    console.print(made)


def _accuracy(found: dict) -> Table:
    made = Table(title="recordings, int8 in C", title_justify="left")
    subjects = found["by_subject"] if len(found["by_subject"]) <= MOST_ROWS else {}
    if not subjects:
        shares = [one["accuracy"] for one in found["by_subject"].values()]
        made.caption = f"{len(shares)} subjects, half of them at {100 * float(np.median(shares)):.1f} % or better"
    for column in ("subject", "right", "accuracy %", "95 %"):
        made.add_column(column, justify="left" if column == "subject" else "right")
    for subject, row in [*subjects.items(), ("all", found)]:
        low, high = row["interval"]
        made.add_row(
            subject,
            f"{row['right']}/{row['repetitions']}",
            f"{100 * row['accuracy']:.1f}",
            f"{100 * low:.1f}..{100 * high:.1f}",
        )
    return made


def _areas(found: dict) -> Table:
    """An anomaly detector's areas under the curve: of each machine and speed alone, and lumped, by one threshold."""
    made = Table(title="area under the curve [95 %]", title_justify="left")
    for column in ("subject", "windows", "recordings"):
        made.add_column(column, justify="left" if column == "subject" else "right")
    kinds = ("auc_windows", "auc_recordings")
    rows = {subject: one["more"] for subject, one in found["by_subject"].items()}
    lumped = {"all together, one threshold": found["more"]}
    if judged := found["more"].get("where it can judge"):
        lumped["the same, where it says it can judge"] = judged
    for subject, one in (rows | lumped).items():
        made.add_row(subject, *(_area(one.get(kind)) for kind in kinds))
    means = ([one[kind][0] for one in rows.values() if one.get(kind)] for kind in kinds)
    made.add_row("mean of the subjects", *(f"{np.mean(some):.4f}" if some else "-" for some in means))
    return made


def _area(found: list[float] | None) -> str:
    return f"{found[0]:.4f} [{found[1]:.3f}, {found[2]:.3f}]" if found else "-"


def _classes(found: dict, labels: list[str]) -> Table:
    """What became of each class: how many were right, and what the others were taken for."""
    made = Table(title="by class", title_justify="left")
    for column in ("class", "right", "%", "taken for"):
        made.add_column(column, justify="left" if column in ("class", "taken for") else "right")
    for index, row in enumerate(found["confusion"]):
        total = sum(row)
        others = sorted(((count, labels[i]) for i, count in enumerate(row) if i != index and count), reverse=True)
        if total:
            share = f"{100 * row[index] / total:.1f}"
            made.add_row(labels[index], f"{row[index]}/{total}", share, ", ".join(f"{n} {c}" for c, n in others))
    return made
