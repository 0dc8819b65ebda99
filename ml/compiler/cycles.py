"""What a turn of each loop of each kernel costs on a Cortex-M4, in cycles by ml/profile's table.

How often the loops turn follows from an operator's shape (operators/loops.py); these are the instructions in them.
Measured by `python tools/studies/fit_cycles.py`, which prints this table; measure again what you change. Where a loop
branches on its data, the cost is that on random data.
"""

from __future__ import annotations

A_LAYER = 21  # nn_run and the generated step around every kernel

COSTS: dict[str, dict[str, float]] = {}


def priced(kernel: str, work: dict[str, float]) -> float:
    costs = COSTS[kernel]
    return sum(costs[part] * times for part, times in work.items())
