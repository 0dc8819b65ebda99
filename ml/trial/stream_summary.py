"""The results of streams and the board's counters, as JSON and as a table."""

from rich.console import Console
from rich.table import Table

from ml.errors import UserError
from ml.evaluate.intervals import short
from ml.evaluate.limits import Limits, Verdict, verdict
from ml.evaluate.streams import Tally
from ml.native.decide import DecideConfig
from ml.trial.on_board import Played

HOURS_A_DAY = 24


def summary(
    app: str,
    target: str,
    limits: Limits,
    tallies: list[tuple[str, Tally]],
    config: DecideConfig,
    curve: dict,
    played: list[Played] | None,
) -> dict:
    """JSON-able: by subject and all together, the trade-off curve, and the board's counters."""
    subjects: dict[str, Tally] = {}
    for subject, counted in tallies:
        subjects[subject] = subjects.get(subject, Tally()) + counted
    everything = sum(subjects.values(), Tally()).summary()
    return {
        "app": app,
        "on": target,
        "target_per_hour": limits.target,
        "upper_bound_per_hour": limits.bound,
        "verdict": vars(verdict(everything, limits)),
        "decision": {
            "threshold": list(config.threshold),
            "smoothing": config.smoothing,
            "refractory": config.refractory,
        },
        "subjects": {subject: counted.summary() for subject, counted in subjects.items()},
        "all": everything,
        "trade_off": curve,
        "board": counters(played) if played else None,
    }


def print_streams(result: dict, console: Console) -> None:
    """The table, the verdict, and what the board counted."""
    console.print(table(result))
    judged = Verdict(**result["verdict"])
    console.print(
        f"{'warning: ' if judged.is_bad else ''}operating point {judged.state}: {judged.reason}",
        markup=False,
        highlight=False,
    )
    for line in board_lines(result["board"]) if result["board"] else []:
        console.print(line, markup=False, highlight=False)


def check_samples(result: dict) -> None:
    """UserError where a board lost samples: its figures are not those of the application."""
    lost = lost_samples(result["board"]) if result["board"] else 0
    if lost:
        raise UserError(
            f"{result['on']}: expected every sample to be used, found {lost:,} lost; the application is too slow here"
        )


def table(result: dict) -> Table:
    """A row for each subject and one for all; every interval is of 95 %."""
    asked = f"at most {result['target_per_hour']:g} false alarms an hour asked, upper bound"
    asked += f" {result['upper_bound_per_hour']:g}"
    made = Table(title=f"{result['app']} on {result['on']}, as a stream; {asked}", title_justify="left")
    columns = (
        "subject",
        "hours",
        "found",
        "rate %",
        "false",
        "an hour",
        "in 24 h",
        "s from its start",
        "s from its end",
    )
    for column in columns:
        made.add_column(column, justify="left" if column == "subject" else "right", no_wrap=True)
    for subject, row in [*result["subjects"].items(), ("all", result["all"])]:
        made.add_row(subject, *_cells(row), end_section=subject == list(result["subjects"])[-1])
    made.caption = "in brackets: 95 % interval; seconds: the median, below it the 95th percentile"
    made.caption_justify = "left"
    return made


def _cells(row: dict) -> list[str]:
    low, high = row["false_per_hour_interval"]
    high, rate = float("inf") if high is None else high, row["false_detections"] / row["hours"] if row["hours"] else 0.0
    return [
        f"{row['hours']:.3g}",
        f"{row['hits']}/{row['movements']}",
        _share(row["detection_rate"], row["detection_interval"]),
        str(row["false_detections"]),
        f"{short(rate)}\n({short(low)}..{short(high)})",
        short(HOURS_A_DAY * rate) + f"\n(..{short(HOURS_A_DAY * high)})",
        *("\n".join(_seconds(row[name][share]) for share in ("median", "p95")) for name in ("latency_s", "delay_s")),
    ]


def _share(rate: float | None, interval: list[float]) -> str:
    return "-" if rate is None else f"{100 * rate:.1f}\n({100 * interval[0]:.1f}..{100 * interval[1]:.1f})"


def _seconds(figure: list[float | None]) -> str:
    value, low, high = ("?" if one is None else f"{one:.2f}" for one in figure)
    return "-" if figure[0] is None else f"{value} ({low}..{high})"


def counters(played: list[Played]) -> dict:
    """The boards' counters over all streams, each of which began with a restart."""
    told = [one.statistics for one in played]
    gates = [one.gate for one in told if one.gate]
    steps = sum(one.steps for one in gates)
    return {
        "windows": sum(one.windows for one in told),
        "asleep": sum(one.asleep for one in told),
        "events": sum(one.events for one in told),
        "missed_deadlines": sum(one.missed for one in told),
        "lost_samples": sum(one.lost_samples for one in played),
        "overruns": sum(one.overruns for one in told),
        "dropped_frames": sum(one.dropped for one in told),
        "saturated": [sum(column) for column in zip(*(one.saturated for one in told), strict=True)],
        "gate_duty": round(sum(one.steps_open for one in gates) / steps, 4) if steps else None,
        "gate_openings": sum(one.openings for one in gates) if gates else None,
        "stack_bytes": max(one.stack for one in told),
        "most_cycles": {
            name: max(getattr(one, name).max for one in told) for name in ("frontend", "inference", "decide")
        },
        "most_latency_us": max((seen.event.latency_us for one in played for seen in one.sightings), default=0),
    }


def lost_samples(board: dict) -> int:
    """Samples that never reached the front end: as the sensor's side counted them, or the board's."""
    return max(board["lost_samples"], board["overruns"])


def board_lines(board: dict) -> list[str]:
    """The same for people. What is wrong is a warning."""
    windows = f"{board['windows']:,} windows"
    if board["gate_duty"] is not None:
        windows += f", the network asleep in {board['asleep']:,}; gate open {board['gate_duty']:.1%} of the time"
    most = board["most_cycles"]
    lines = [
        f"board: {windows}; at most {most['frontend']:,} cycles of front end, {most['inference']:,} of inference, "
        f"{most['decide']:,} of decision; latency at most {board['most_latency_us'] / 1000:.2f} ms"
    ]
    clipped = sum(board["saturated"])
    lines += [f"board: {clipped:,} values clipped by the front end"] if clipped else []
    wrong = {
        "missed deadlines": board["missed_deadlines"],
        "samples lost": lost_samples(board),
        "frames dropped": board["dropped_frames"],
    }
    found = [f"{count:,} {name}" for name, count in wrong.items() if count]
    none = "no missed deadline, no overrun, no frame dropped"
    return [*lines, f"warning: {', '.join(found)}" if found else f"board: {none}"]
