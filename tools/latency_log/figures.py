"""The figures of a log."""

from dataclasses import dataclass

import numpy as np

from tools.latency_log.log import STAGES, TIMED, Header, Rows

LATENCIES = "latency", "asleep_latency"  # in microseconds; all else in cycles
SHARES = {"median": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class Figures:
    """Of one stage."""

    count: int  # windows
    us: dict[str, float]  # median, p95, p99, worst
    cycles: dict[str, float] | None  # the same; None where it is a time and no count of cycles


@dataclass(frozen=True)
class Summary:
    """Of a log, or of as much of it as there is."""

    windows: int
    awake: int  # of them, those in which the network ran: inferences
    seconds: float  # of the board's time
    lost: int  # rows that are missing
    restarts: int
    late: int | None  # windows whose latency is above the deadline, the time to the next window; None: no deadline
    duty: float | None  # share of the time in which the processor was awake; None: too few rows that follow each other
    stages: dict[str, Figures]

    @property
    def asleep(self) -> float | None:
        """Share of the windows in which the gate let the network sleep."""
        return 1 - self.awake / self.windows if self.windows else None


def summarise(rows: Rows, header: Header) -> Summary:
    awake = rows["awake"]
    return Summary(
        windows=len(rows),
        awake=int(awake.sum()),
        seconds=_seconds(rows),
        lost=int(rows["lost"].sum()),
        restarts=int(rows["start"][-1]) if len(rows) else 0,
        late=int(late(rows, header).sum()) if header.window_rate_mhz else None,
        duty=_duty(rows),
        stages={name: _figures(values, header, name) for name, values in stages(rows).items() if len(values)},
    )


def stages(rows: Rows) -> dict[str, np.ndarray]:
    """Cycles of each stage and of their sum, and the latency in microseconds, of each inference; and the sum and the
    latency where there was none. In the order of the windows."""
    ran = rows["awake"] == 1
    cycles = {stage: rows[name] for stage, name in zip(STAGES, TIMED, strict=True)}
    total = np.sum(list(cycles.values()), axis=0)
    made = {stage: values[ran] for stage, values in cycles.items()}
    latency = rows["latency_us"]
    made |= {"sum": total[ran], "latency": latency[ran]}
    return made | {"asleep_sum": total[~ran], "asleep_latency": latency[~ran]}


def microseconds(name: str, values: np.ndarray, header: Header) -> np.ndarray:
    """float64, of a stage as `stages` gives it."""
    return values.astype(float) if name in LATENCIES else values * (1e6 / header.cycles_hz)


def late(rows: Rows, header: Header) -> np.ndarray:
    """bool (rows,): the next window was complete before this one was done, as lib/service reckons it."""
    return rows["latency_us"] * float(header.window_rate_mhz) > 1e9


def _figures(values: np.ndarray, header: Header, name: str) -> Figures:
    us = _quantiles(microseconds(name, values, header))
    return Figures(len(values), us, None if name in LATENCIES else _quantiles(values))


def _quantiles(values: np.ndarray) -> dict[str, float]:
    found = np.quantile(values, list(SHARES.values()))
    return dict(zip(SHARES, map(float, found), strict=True)) | {"worst": float(values.max())}


def _seconds(rows: Rows) -> float:
    return float(np.diff(rows["time_us"])[np.diff(rows["start"]) == 0].sum()) / 1e6


def _duty(rows: Rows) -> float | None:
    """A row says how long the processor slept since the row before: rows after a gap do not count."""
    said_us = rows["time_us"] + rows["latency_us"]
    follows = (np.diff(rows["start"]) == 0) & (rows["lost"][1:] == 0)
    elapsed = np.diff(said_us)[follows].sum()
    return float(1 - rows["slept_us"][1:][follows].sum() / elapsed) if elapsed > 0 else None
