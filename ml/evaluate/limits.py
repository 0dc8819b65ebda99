"""What an operating point must keep, and whether streams show that it does.

limits = limits_of(app.decision)             # at most 0.5 false alarms an hour; the upper end of the interval below 1.5
limits.allowed(10.0)                         # 5: so many false alarms in 10 hours still keep both
verdict(tally.summary(), limits).state       # "met", "not met", "not proven" or "not judged"
"""

import bisect
import math
from dataclasses import dataclass
from typing import Protocol

from ml.errors import UserError
from ml.evaluate.intervals import garwood, short

MET, NOT_MET, NOT_PROVEN, NOT_JUDGED = "met", "not met", "not proven", "not judged"
LEAST_FOUND = 0.5  # of the events: a detector that surely misses more than it finds meets no target


class Wishes(Protocol):
    """An application's own limits."""

    target_false_alarms_per_hour: float
    upper_bound_per_hour: float


@dataclass(frozen=True)
class Limits:
    """False alarms per hour."""

    target: float  # as counted
    bound: float  # the upper end of the 95 % interval (Garwood) around the count

    def __post_init__(self) -> None:
        if self.bound < self.target:
            raise UserError(
                f"expected an upper bound of at least the target of {self.target:g} false alarms an hour, found "
                f"{self.bound:g}; raise --upper-bound-per-hour"
            )

    @property
    def least_hours(self) -> float:
        """Shorter streams cannot prove the bound, even without any false alarm."""
        return garwood(0, 1.0)[1] / self.bound if self.bound else math.inf

    def allowed(self, hours: float) -> int:
        """The most false alarms in so many hours that keep target and bound; where the hours are too few to prove the
        bound, the target alone counts."""
        most = math.floor(self.target * hours + 1e-9)
        if hours < self.least_hours:
            return most
        if garwood(most, hours)[1] <= self.bound:
            return most
        return bisect.bisect_right(range(most), self.bound, key=lambda count: garwood(count, hours)[1]) - 1


def limits_of(wishes: Wishes, target: float | None = None, bound: float | None = None) -> Limits:
    """The application's, or others. A target alone moves the bound with it, in the application's proportion."""
    if target is None:
        target = wishes.target_false_alarms_per_hour
    if bound is None:
        bound = target * wishes.upper_bound_per_hour / wishes.target_false_alarms_per_hour
    return Limits(target, bound)


@dataclass(frozen=True)
class Verdict:
    """Of streams whose people took no part in choosing."""

    state: str
    reason: str  # for people

    @property
    def is_bad(self) -> bool:
        return self.state == NOT_MET


def verdict(stream: dict | None, limits: Limits) -> Verdict:
    """Of a `Tally.summary()`; None: there were no streams."""
    if not stream or not stream["hours"]:
        return Verdict(NOT_JUDGED, "there are no streams of them; record whole takes")
    if wrong := _wrong(stream, limits):
        return Verdict(NOT_MET, wrong)
    if doubt := _doubt(stream, limits):
        return Verdict(NOT_PROVEN, doubt)
    most = short(stream["false_per_hour_interval"][1])
    found = f"{stream['hits']} of {stream['movements']} events found"
    return Verdict(MET, f"{found}, {most} false alarms an hour at the most (95 %)")


def _wrong(stream: dict, limits: Limits) -> str:
    """What is surely missed; "" where nothing is."""
    hits, movements, least = stream["hits"], stream["movements"], stream["false_per_hour_interval"][0]
    if movements and not hits:
        return f"none of {movements} events found"
    if movements and stream["detection_interval"][1] < LEAST_FOUND:
        return f"only {hits} of {movements} events found"
    if least > limits.target:
        return f"{short(least)} false alarms an hour at the least (95 %), at most {limits.target:g} asked"
    return ""


def _doubt(stream: dict, limits: Limits) -> str:
    """What may be missed; "" where nothing may."""
    false, hours, most = stream["false_detections"], stream["hours"], stream["false_per_hour_interval"][1]
    counted = f"{false} false alarms in {short(hours)} h"
    if not stream["movements"]:
        return f"nothing happens in their streams that could be found; {counted}"
    if most > limits.bound:
        needed = f"; to prove {limits.bound:g} takes {hours_in_words(limits)} at least"
        short_of = needed if hours < limits.least_hours else f", more than {limits.bound:g}"
        return f"up to {short(most)} false alarms an hour may hide behind {counted} (95 %){short_of}"
    if false > limits.target * hours:
        return f"{counted} are more than the {limits.target:g} an hour asked, which may be chance"
    return ""


def hours_in_words(limits: Limits) -> str:
    """The least hours of streams that can prove the bound."""
    return f"{short(limits.least_hours)} h" if math.isfinite(limits.least_hours) else "endless hours"
