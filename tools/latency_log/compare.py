"""Two logs: what has changed, and whether that is more than noise."""

from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.progress import track
from tools.latency_log import bootstrap
from tools.latency_log.figures import SHARES, microseconds, stages, summarise
from tools.latency_log.log import COLUMNS, TIMED, Header, Log, Rows

CONFIDENCE = 0.95  # of all intervals together (Bonferroni)
SEEDS = 1, 2  # of the old log and the new: their noises are independent
MUST_AGREE = ("app", "board", "cycles_hz")


@dataclass(frozen=True)
class Change:
    """Of one quantile of one stage. Relative: 0.1 is a tenth more."""

    stage: str
    quantile: str  # a key of SHARES
    old_us: float
    new_us: float
    change: float
    low: float | None  # of its interval; None: too few windows to tell
    high: float | None

    @property
    def is_beyond_noise(self) -> bool:
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    def is_worse(self, tolerance: float) -> bool:
        """By more than the tolerance, and not by chance."""
        return self.change > tolerance and self.is_beyond_noise

    def is_open(self, tolerance: float) -> bool:
        """By more than the tolerance, if it is not by chance: more windows would tell."""
        return self.change > tolerance and not self.is_beyond_noise


@dataclass(frozen=True)
class Comparison:
    """Of a new log against an old one."""

    changes: tuple[Change, ...]
    notes: tuple[str, ...]


def compare(old: Log, new: Log, anyway: bool = False) -> Comparison:
    """UserError where the two cannot be compared; `anyway` takes other boards, clocks and applications."""
    _check(old, new, anyway)
    pair = _pair(old, new)
    rows = pair or (old.rows, new.rows)
    of_old, of_new = (_times(each, log) for each, log in zip(rows, (old, new), strict=True))
    both = [name for name in of_old if len(of_old[name]) and len(of_new[name])]
    uncertain = [name for name in both if np.ptp(of_old[name]) > 0 or np.ptp(of_new[name]) > 0]
    level = 1 - (1 - CONFIDENCE) / max(1, len(uncertain) * len(SHARES))
    seeds = (SEEDS[0], SEEDS[0]) if pair else SEEDS
    made = [_changes(name, (of_old[name], of_new[name]), level, seeds) for name in track(both, "comparing", len(both))]
    notes = _notes(old, new) + (_window_by_window(*pair) if pair else [])
    return Comparison(tuple(change for each in made for change in each), tuple(notes))


def _times(rows: Rows, log: Log) -> dict[str, np.ndarray]:
    return {name: microseconds(name, values, log.header) for name, values in stages(rows).items()}


def _check(old: Log, new: Log, anyway: bool) -> None:
    for log in (old, new):
        inferences = int(log.rows["awake"].sum())
        if inferences < (least := bootstrap.needed(0.5)):
            raise UserError(f"{log.name}: expected {least} inferences or more to compare, found {inferences}; log more")
    if not anyway and (found := _difference(old.header, new.header)):
        raise UserError(
            f"{new.name}: expected what {old.name} was measured on, found {found}; compare logs of one application, "
            "board and clock, or give --anyway"
        )


def _difference(old: Header, new: Header) -> str:
    return old.difference(new, *(key for key in old.as_dict() if key not in MUST_AGREE))


def _changes(stage: str, logs: tuple[np.ndarray, np.ndarray], level: float, seeds: tuple[int, int]) -> list[Change]:
    shares = list(SHARES.values())
    old, new = (np.quantile(values, shares) for values in logs)
    change = bootstrap.ratio(old, new)
    intervals = _intervals(logs, shares, level, seeds)
    return [
        Change(stage, name, float(old[at]), float(new[at]), float(change[at]), *intervals[at])
        for at, name in enumerate(SHARES)
    ]


def _intervals(
    logs: tuple[np.ndarray, np.ndarray], shares: list[float], level: float, seeds: tuple[int, int]
) -> list[tuple[float | None, float | None]]:
    """None where there are too few windows."""
    found = [[bootstrap.dependence(values, share) for share in shares] for values in logs]
    block = max(each.block for log in found for each in log)
    old, new = (bootstrap.quantiles(values, shares, block, seed) for values, seed in zip(logs, seeds, strict=True))
    return [
        bootstrap.interval(old[:, at], new[:, at], level)
        if all(bootstrap.enough(log[at].effective, share) for log in found)
        else (None, None)
        for at, share in enumerate(shares)
    ]


def _notes(old: Log, new: Log) -> list[str]:
    """What a reader of the figures must know."""
    notes = [f"{log.name}: {note}" for log in (old, new) for note in log.notes]
    for key, what in (("model_hash", "models"), ("recording", "recordings"), *((key, f"{key}s") for key in MUST_AGREE)):
        values = [getattr(log.header, key) for log in (old, new)]
        if values[0] != values[1]:
            notes.append(f"other {what}: {values[0] or 'none'} and {values[1] or 'none'}")
    for log in (old, new):
        lost = int(log.rows["lost"].sum())
        if lost:
            notes.append(f"{log.name}: {lost} of {lost + len(log.rows)} rows are missing, perhaps the slow ones")
    return notes + _rates(old, new)


def _rates(old: Log, new: Log) -> list[str]:
    before, after = summarise(old.rows, old.header), summarise(new.rows, new.header)
    notes = []
    if before.awake < before.windows or after.awake < after.windows:
        notes.append(f"windows asleep: {before.asleep:.1%}, then {after.asleep:.1%}")
    if before.duty is not None and after.duty is not None:
        notes.append(f"duty cycle: {before.duty:.2%}, then {after.duty:.2%}")
    if before.late or after.late:
        notes.append(f"missed deadlines: {before.late} of {before.windows}, then {after.late} of {after.windows}")
    return notes


def _pair(old: Log, new: Log) -> tuple[Rows, Rows] | None:
    """The windows that are in both, where these are the same moments of the same recording. Then the same windows are
    drawn from both, and what differs between windows is no noise."""
    if not old.header.recording or old.header.recording != new.header.recording:
        return None
    if old.rows["start"].any() or new.rows["start"].any():
        return None
    _, *places = np.intersect1d(old.rows["window"], new.rows["window"], return_indices=True)
    before, after = (
        Rows.of({name: log.rows[name][at] for name in COLUMNS}) for log, at in zip((old, new), places, strict=True)
    )
    same = np.array_equal(before["awake"], after["awake"])
    return (before, after) if same and before["awake"].sum() >= bootstrap.needed(0.5) else None


def _window_by_window(old: Rows, new: Rows) -> list[str]:
    difference = np.sum([new[name] - old[name] for name in TIMED], axis=0)
    changed = difference[difference != 0]
    what = f"the same recording, window for window: {len(changed) or 'none'} of {len(old)} differ in cycles"
    if not len(changed):
        return [what]
    return [f"{what}, by {changed.min():+,} to {changed.max():+,}, median {np.median(changed):+,.0f}"]
