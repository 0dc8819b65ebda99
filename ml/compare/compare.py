"""Compares two sides, application by application: rows, notes, and figures that are worse than the tolerance."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ml.compare.accepted import widened
from ml.compare.changes import Row, rows
from ml.compare.figures import Found, Processor, find
from ml.compare.sides import Side
from ml.errors import UserError
from ml.progress import track

WORKERS = 2  # threads: the work is done by compilers


@dataclass(frozen=True)
class Comparison:
    base: Side
    head: Side
    board: Processor
    tolerance: Mapping[str, float]  # percent, by a figure's key
    rows: list[Row]
    notes: list[str]  # a line each
    regressions: list[str]  # a line each; none: nothing is worse than is tolerated


def compare(
    base: Side,
    head: Side,
    board: Processor,
    tolerance: Mapping[str, float],
    with_firmware: bool = False,
    accepted: Mapping[str, Mapping[str, float]] | None = None,
) -> Comparison:
    """Measures both sides, or takes what was measured of equal sources before. `accepted`: more than the tolerance, for
    figures of an application."""
    pairs, notes = paired(base, head)
    made, regressions = [], []
    for (before, after), (was, now) in zip(pairs, _found(base, head, pairs, with_firmware), strict=True):
        name = after if before == after else f"{before} / {after}"
        allowed = widened(tolerance, (accepted or {}).get(name, {}))
        found = rows(name, was, now, board, allowed)
        made += found
        notes += _notes(name, was, now)
        regressions += [*_broken(name, now), *(_worse(row, allowed) for row in found if row.verdict == "regression")]
    return Comparison(base, head, board, tolerance, made, notes, regressions)


def _found(base: Side, head: Side, pairs: list[tuple[str, str]], with_firmware: bool) -> list[tuple[Found, Found]]:
    """Several applications at a time, of each the base first: what is equal there need not be measured twice."""

    def both(pair: tuple[str, str]) -> tuple[Found, Found]:
        return find(base, pair[0], with_firmware), find(head, pair[1], with_firmware)

    with ThreadPoolExecutor(min(WORKERS, os.cpu_count() or 1)) as pool:
        return list(track(pool.map(both, pairs), "measured", len(pairs)))


def paired(base: Side, head: Side) -> tuple[list[tuple[str, str]], list[str]]:
    """Applications on both sides, by name, or the only one of each whatever its name; and notes on the others."""
    if len(base.headers) == len(head.headers) == 1:
        return [(next(iter(base.headers)), next(iter(head.headers)))], []
    both = [(app, app) for app in base.headers if app in head.headers]
    if not both:
        raise UserError(
            f"expected a model that both sides have, found {', '.join(base.headers) or 'none'} in {base.title} and "
            f"{', '.join(head.headers) or 'none'} in {head.title}; compare others"
        )
    gone = [f"{app}: only in the base" for app in base.headers if app not in head.headers]
    return both, gone + [f"{app}: only in the head" for app in head.headers if app not in base.headers]


def _notes(app: str, base: Found, head: Found) -> list[str]:
    notes = [f"{app}: base: {problem}" for problem in base.problems]
    notes += [f"{app}: the {side}'s header states no figures" for side, found in _silent(base, head) if found]
    if base.cost and not base.cost.agrees:
        notes.append(f"{app}: base: the emulated output has not the check CRC of the header")
    if base.data and head.data and base.data != head.data:
        notes.append(f"{app}: trained and judged with other data ({base.data} before, {head.data} now)")
    return notes


def _silent(base: Found, head: Found) -> list[tuple[str, bool]]:
    return [(name, not any(vars(found.record).values())) for name, found in (("base", base), ("head", head))]


def _broken(app: str, head: Found) -> list[str]:
    broken = [f"{app}: {problem}" for problem in head.problems]
    if head.cost and not head.cost.agrees:
        broken.append(f"{app}: the emulated output has not the check CRC of the header: the kernels compute otherwise")
    return broken


def _worse(row: Row, tolerance: Mapping[str, float]) -> str:
    allowed = f"{tolerance[row.figure.key]:g} % tolerated" if row.figure.key in tolerance else "beyond the noise"
    return f"{row.application}: {row.figure.key} {row.change.text if row.change else 'unknown'}, {allowed}"
