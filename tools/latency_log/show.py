"""Figures, and the change between two logs, as tables and as JSON."""

import dataclasses

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ml.printable import printable
from tools.latency_log.compare import Change, Comparison
from tools.latency_log.figures import SHARES, Summary, summarise
from tools.latency_log.record import Recorded

NAMES = {"asleep_sum": "asleep: sum", "asleep_latency": "asleep: latency"}
COLUMNS = (*SHARES, "worst")


def screen(made: Recorded) -> Group:
    """One frame while it is logged, and the last one."""
    summary = summarise(made.log.rows, made.log.header)
    return Group(_figures(summary, made), *map(plain, _account(summary, made)))


def _figures(summary: Summary, made: Recorded) -> Table:
    header = made.log.header
    clock = f"{header.cycles_hz / 1e6:g} MHz"
    title = f"{header.app} on {header.board}, {clock}: {summary.awake} inferences"
    table = Table(title=plain(title, "table.title"), title_justify="left")
    table.add_column("us (cycles)")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for stage, figures in summary.stages.items():
        cycles = figures.cycles or {}
        cells = [f"{us(figures.us[name])}{f' ({cycles[name]:,.0f})' if cycles else ''}" for name in COLUMNS]
        table.add_row(NAMES.get(stage, stage), *cells)
    return table


def _account(summary: Summary, made: Recorded) -> list[str]:
    """What belongs to every figure: how many, how complete."""
    asleep = "" if summary.asleep is None else f", {summary.asleep:.1%} of them asleep"
    lines = [f"{summary.windows} windows{asleep}, in {summary.seconds:.2f} s of the board's time"]
    lines.append("duty cycle: " + ("unknown yet" if summary.duty is None else f"{summary.duty:.2%}"))
    if made.missed is not None:
        lines.append(f"missed deadlines: {made.missed}, as the board counts them")
    elif summary.late is not None:
        lines.append(f"missed deadlines: {summary.late}, by the latencies")
    restarts = f"; restarts of the board: {summary.restarts}" if summary.restarts else ""
    lines.append(f"rows lost: {summary.lost + made.lost_after}{restarts}")
    if made.repeated:
        lines.append(f"rows left out that came late or twice: {made.repeated}")
    if made.samples_lost:
        lines.append(f"samples of the recording that the application fetched too late: {made.samples_lost}")
    if summary.windows and not summary.awake:
        lines.append("no inference yet: the network sleeps; move the board, or play a recording with --play")
    return lines + [f"note: {note}" for note in made.log.notes]


def plain(text: str, style: str = "") -> Text:
    """Names of files and boards are no markup."""
    return Text(printable(text), style=style)


def us(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.1f}"


def change_table(comparison: Comparison, old: str, new: str, tolerance: float | None) -> Group:
    table = Table(title=plain(f"{new} against {old}", "table.title"), title_justify="left")
    for name in ("stage", "", f"{old}, us", f"{new}, us", "change", "interval", ""):
        table.add_column(plain(name), justify="left" if name in ("stage", "") else "right")
    for change in comparison.changes:
        first = change.quantile == next(iter(SHARES))
        table.add_row(
            NAMES.get(change.stage, change.stage) if first else "",
            change.quantile,
            us(change.old_us),
            us(change.new_us),
            percent(change.change),
            _interval(change),
            verdict(change, tolerance),
            end_section=change.quantile == list(SHARES)[-1],
            style="red" if tolerance is not None and change.is_worse(tolerance) else None,
        )
    return Group(table, *map(plain, comparison.notes))


def verdict(change: Change, tolerance: float | None) -> str:
    if tolerance is not None and change.is_worse(tolerance):
        return "too slow"
    if change.low is None:
        return "too few windows to tell"
    if tolerance is not None and change.is_open(tolerance):
        return "within the noise: log more"
    if not change.is_beyond_noise:
        return "" if change.change == 0 else "within the noise"
    return "slower" if change.change > 0 else "faster"


def percent(value: float) -> str:
    """Small changes keep digits that matter."""
    return "0 %" if value == 0 else f"{value:+.1%}" if abs(value) >= 0.01 else f"{value:+.3%}"


def _interval(change: Change) -> str:
    if change.low is None or change.high is None:
        return ""
    return percent(change.low) if change.low == change.high else f"{percent(change.low)} .. {percent(change.high)}"


def as_json(made: Recorded) -> dict:
    summary = summarise(made.log.rows, made.log.header)
    account = {name: getattr(made, name) for name in ("missed", "repeated", "samples_lost")}
    return {
        **made.log.header.as_dict(),
        **dataclasses.asdict(summary),
        "asleep": summary.asleep,
        "lost": summary.lost + made.lost_after,
        **account,
        "whole": made.is_whole,
        "notes": list(made.log.notes),
    }


def comparison_json(comparison: Comparison, tolerance: float | None) -> dict:
    worse = [change.is_worse(tolerance) if tolerance is not None else None for change in comparison.changes]
    changes = [
        dataclasses.asdict(change) | {"beyond_noise": change.is_beyond_noise, "worse": bad}
        for change, bad in zip(comparison.changes, worse, strict=True)
    ]
    return {"tolerance": tolerance, "changes": changes, "notes": list(comparison.notes)}
