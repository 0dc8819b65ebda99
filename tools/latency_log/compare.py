"""Two logs: what has changed, and whether that is more than noise."""

from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.progress import track
from tools.latency_log import bootstrap
from tools.latency_log.figures import SHARES, microseconds, stages, summarise
from tools.latency_log.log import TIMED, Header, Log

CONFIDENCE = 0.95  # of all intervals together (Bonferroni)
SEEDS = 1, 2  # of the old log and the new
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
        return self.low is not None and (self.low > 0 or self.high < 0)

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
    of_old, of_new = ({name: microseconds(name, values, log.header) for name, values in stages(log.rows).items()}
                      for log in (old, new))  # fmt: skip
    both = [name for name in of_old if len(of_old[name]) and len(of_new[name])]
    uncertain = sum(np.ptp(of_old[name]) > 0 or np.ptp(of_new[name]) > 0 for name in both) * len(SHARES)
    level = 1 - (1 - CONFIDENCE) / max(1, uncertain)
    made = [_changes(name, of_old[name], of_new[name], level) for name in track(both, "comparing", len(both))]
    return Comparison(tuple(change for each in made for change in each), tuple(_notes(old, new)))


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


def _changes(stage: str, old: np.ndarray, new: np.ndarray, level: float) -> list[Change]:
    shares = list(SHARES.values())
    values = [np.quantile(each, shares) for each in (old, new)]
    change = bootstrap.ratio(*values)
    certain = np.ptp(old) == 0 and np.ptp(new) == 0
    intervals = [(each, each) for each in change] if certain else _intervals(old, new, shares, level)
    return [
        Change(stage, name, float(values[0][at]), float(values[1][at]), float(change[at]), *map(_float, intervals[at]))
        for at, name in enumerate(SHARES)
    ]


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)


def _intervals(old: np.ndarray, new: np.ndarray, shares: list[float], level: float) -> list[tuple]:
    resampled, tells = [], np.ones(len(shares), bool)
    for values, seed in zip((old, new), SEEDS, strict=True):
        found = [bootstrap.dependence(values, share) for share in shares]
        tells &= [bootstrap.enough(each.effective, share) for each, share in zip(found, shares, strict=True)]
        resampled.append(bootstrap.quantiles(values, shares, max(each.block for each in found), seed))
    return [
        bootstrap.interval(resampled[0][:, at], resampled[1][:, at], level) if tells[at] else (None, None)
        for at in range(len(shares))
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
    return notes + _rates(old, new) + _window_by_window(old, new)


def _rates(old: Log, new: Log) -> list[str]:
    before, after = summarise(old.rows, old.header), summarise(new.rows, new.header)
    notes = [f"windows asleep: {before.asleep:.1%}, then {after.asleep:.1%}"]
    if before.duty is not None and after.duty is not None:
        notes.append(f"duty cycle: {before.duty:.2%}, then {after.duty:.2%}")
    if before.late or after.late:
        notes.append(f"missed deadlines: {before.late} of {before.windows}, then {after.late} of {after.windows}")
    return notes


def _window_by_window(old: Log, new: Log) -> list[str]:
    """Of one recording from the same start, each window can be compared with itself: on a virtual board exactly."""
    if not old.header.recording or old.header.recording != new.header.recording:
        return []
    if any(log.rows["start"].any() for log in (old, new)):
        return []
    windows, at_old, at_new = np.intersect1d(old.rows["window"], new.rows["window"], return_indices=True)
    if not len(windows):
        return []
    difference = sum(new.rows[name][at_new] - old.rows[name][at_old] for name in TIMED)
    changed = difference != 0
    if not changed.any():
        return [f"the same recording, window for window: none of {len(windows)} has another number of cycles"]
    return [f"the same recording, window for window: {changed.sum()} of {len(windows)} have another number of cycles, "
            f"{difference.min():+,} to {difference.max():+,}, median {np.median(difference):+,.0f}"]  # fmt: skip
