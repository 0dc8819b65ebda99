"""Falls found and false alarms by how many people the fall detector learned from: does it need more of them?

python tools/studies/fall_curve.py --data DIR --hold-out S19 --hold-out p10 --hold-out s23 --draws 2

Everybody is judged as in fall_people.py, by a network that has not seen them: those of the folds of the run that DIR
and --hold-out make, and its test's by the last one. For each point these networks learn from so many of their people
only, drawn at random: a larger draw holds the smaller one of the same number, and the first of each has recordings of
falls. Two figures say how good such a network is: the falls found at the threshold given, and those found at the lowest
threshold at which varied copies of all daily activities make one false alarm in a day of 288 activities. The second
needs no threshold chosen before; as the judged choose it, it flatters all points alike.

Leaves fall_curve.json and fall_curve.png in the folder --out.
"""

import sys
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.data.split import Split, folds
from ml.errors import UserError
from ml.evaluate.intervals import wilson
from ml.fall_detection.config import FALL
from ml.files import write_json
from ml.pipeline.run import Run
from ml.pipeline.task import Task
from ml.progress import say
from ml.report.plots import BLUE, ORANGE, STYLE, pyplot
from ml.workers import crew
from tools.studies.fall_people import A_DAY, NAME, judge

SCORES = 256
Asked = tuple[Run, int, int, int]  # the run, the draw, people to learn from (0: all), the number of the network


@click.command()
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False), help="Folder with recordings.")
@click.option("--hold-out", multiple=True, metavar="SUBJECT", help="As in `run`.")
@click.option("--people", "sizes", multiple=True, type=click.IntRange(1), default=(2, 4, 8), show_default=True)
@click.option("--draws", default=2, show_default=True, type=click.IntRange(1, 20), help="Of the people of each point.")
@click.option("--threshold", default=180, show_default=True, type=click.IntRange(0, 255), help="Of 255.")
@click.option(
    "--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes beside each other."
)
@click.option("--out", default="build/fall_curve", show_default=True, type=click.Path(file_okay=False))
def curve(data: str, *, hold_out: tuple[str, ...], sizes: tuple[int, ...], draws: int, threshold: int, **asked) -> None:
    """Train with more and more people; judge everybody who did not train."""
    run = Run(NAME, data, hold_out)
    networks = len(parts(run.asked()))
    wanted = [(run, draw, size, one) for size in sizes for draw in range(draws) for one in range(networks)]
    wanted += [(run, 0, 0, one) for one in range(networks)]
    with crew(len(wanted), asked["workers"]) as work:
        made = work(judged, wanted, "networks")
    points = [point([one for one in made if one["size"] == size], threshold) for size in (*sizes, 0)]
    folder = Path(asked["out"])
    write_json(folder / "fall_curve.json", {"threshold": threshold, "points": points})
    picture(points, folder / "fall_curve.png")
    (Console() if sys.stdout.isatty() else Console(width=160)).print(table(points, threshold))
    say(f"wrote {folder / 'fall_curve.png'}")


def parts(task: Task) -> list[tuple[Split, tuple[str, ...]]]:
    """The networks of a run: who trains each, and whom it judges."""
    return [(one.split, one.choosing) for one in folds(task.split)] + [(task.split, task.split.test)]


def judged(asked: Asked) -> dict:
    """One network and its judges' scores."""
    run, draw, size, number = asked
    task = run.asked()
    split, judges = parts(task)[number]
    some = drawn(task, split.train, size, np.random.default_rng([draw, number])) if size else split.train
    learned = task.data.of(some).items
    rows = judge(replace(task, split=Split(some, (), split.test)), judges, 0)
    falls = sum(one.label == FALL for one in learned)
    return {"size": size, "draw": draw, "people": len(some), "recordings": len(learned), "falls": falls, "rows": rows}


def drawn(task: Task, people: tuple[str, ...], size: int, rng: np.random.Generator) -> tuple[str, ...]:
    """So many of them; the first is the first in the order drawn who fell."""
    if size > len(people):
        raise UserError(f"--people: expected at most {len(people)} to learn from, found {size}")
    order = [people[one] for one in rng.permutation(len(people))]
    fell = {one.subject for one in task.data.items if one.label == FALL}
    first = next(one for one in order if one in fell)
    return tuple(sorted([first, *(one for one in order if one != first)][:size]))


def point(made: list[dict], threshold: int) -> dict:
    """All networks that learned from so many people."""
    rows = [row for one in made for row in one["rows"]]
    fell = np.array([row["score"] for row in rows if row["label"] == FALL])
    daily = np.array([score for row in rows if row["label"] != FALL for score in (row["score"], *row["copies"])])
    a_day = [A_DAY * float((daily >= at).mean()) for at in range(SCORES + 1)]
    quiet = next(at for at, rate in enumerate(a_day) if rate <= 1)
    draws = len({one["draw"] for one in made})
    means = {name: float(np.mean([one[name] for one in made])) for name in ("people", "recordings", "falls")}
    return means | {
        "draws": draws,
        "false_in_a_day": a_day[threshold],
        "found": found(fell, threshold, draws),
        "quiet_threshold": quiet,
        "found_at_one_a_day": found(fell, quiet, draws),
    }


def found(scores: np.ndarray, threshold: int, draws: int) -> dict:
    """The share of falls, with the interval (Wilson, 95 %) of one draw: another draw judges the same falls again."""
    right, total = int((scores >= threshold).sum()), len(scores)
    return {"share": right / total, "interval": wilson(round(right / draws), total // draws), "right": right}


def table(points: list[dict], threshold: int) -> Table:
    made = Table(title="everybody judged by networks that have not seen them", title_justify="left")
    names = ("people", "recordings", "of falls", f"found at {threshold}", "false alarms in a day", "found at one a day")
    for name in names:
        made.add_column(name, justify="right", no_wrap=True)
    for one in points:
        shares = [_share(one[name]) for name in ("found", "found_at_one_a_day")]
        counts = [f"{one[name]:.0f}" for name in ("people", "recordings", "falls")]
        made.add_row(*counts, shares[0], f"{one['false_in_a_day']:.2f}", f"{shares[1]} at {one['quiet_threshold']}")
    return made


def picture(points: list[dict], path: Path) -> None:
    """Falls found with their intervals, and false alarms, by the people who trained; a PNG."""
    plt = pyplot()
    with plt.rc_context(STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")
        across = [one["people"] for one in points]
        for name, colour, aside in (("found", BLUE, 0.985), ("found_at_one_a_day", ORANGE, 1.015)):
            share = [100 * one[name]["share"] for one in points]
            low, high = ([100 * one[name]["interval"][end] for one in points] for end in (0, 1))
            spread = np.abs([np.subtract(share, low), np.subtract(high, share)])
            left.errorbar([aside * x for x in across], share, yerr=spread, color=colour, marker="o", capsize=3)
        left.set(ylabel="falls found, %", ylim=(None, 100.5))
        left.set_title("blue: threshold kept; orange: at one false alarm a day", size=9, loc="left")
        right.plot(across, [one["false_in_a_day"] for one in points], color=BLUE, marker="o")
        right.axhline(1, color=ORANGE, linestyle="--", linewidth=1)
        right.set(ylabel="false alarms in a day of 288 activities", ylim=(0, None))
        right.set_title("threshold kept; the line is what is asked", size=9, loc="left")
        for axes in (left, right):
            axes.set(xscale="log", xlabel="people who trained (recordings of falls)")
            axes.set_xticks(across, [f"{one['people']:.0f} ({one['falls']:.0f})" for one in points])
            axes.minorticks_off()
        figure.savefig(path, dpi=130)
        plt.close(figure)


def _share(of: dict) -> str:
    low, high = of["interval"]
    return f"{of['share']:.1%} ({low:.1%}..{high:.1%})"


if __name__ == "__main__":
    curve()
