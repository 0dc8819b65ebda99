"""Windows at the ends of a measurement and beside holes: they count nowhere, neither as inferences nor as sleep."""

import numpy as np
import pytest

from tools.energy.meter import Samples
from tools.energy.windows import marked, summarise, uncut

SLEEP_A, AWAKE_A = 1e-5, 1e-2


def measured(levels: str) -> Samples:
    """`_` asleep, `H` awake and marked, `?` lost; a character is a sample."""
    current = {"_": SLEEP_A, "H": AWAKE_A, "?": np.nan}
    return Samples(
        np.array([current[level] for level in levels]), np.array([level == "H" for level in levels], np.uint8)
    )


@pytest.mark.parametrize(
    ("levels", "whole", "incomplete"),
    [
        ("__HH__HHH__", 2, 0),
        ("HH__HH__HHH", 1, 0),  # the first and the last are cut
        ("__HH__H?H__", 1, 1),
        ("__HH_?HHH__", 1, 1),  # it may have begun in the hole
        ("__HH__HHH?_", 1, 1),  # or ended
        ("__HH?__HH__", 1, 1),
        ("?HH__HH___", 1, 0),
    ],
)
def test_only_what_was_seen_whole_counts_and_sleep_is_sleep(levels, whole, incomplete):
    samples = measured(levels)
    awake = marked(samples, 0)
    made = summarise(samples, 1.0, 1.0, uncut(awake, len(samples)), awake)
    assert (made.inference.windows, made.inference.incomplete) == (whole, incomplete)
    assert made.sleep_a == pytest.approx(SLEEP_A)
    assert made.inference.energy_j == pytest.approx(AWAKE_A * made.inference.seconds)


def test_a_window_may_begin_and_end_within_a_sample():
    samples = measured("__HHHH__")
    made = summarise(samples, 1.0, 2.0, [(2.5, 5.25)], [(2.0, 6.0)])
    assert made.inference.energy_j == pytest.approx(2.75 * AWAKE_A * 2.0)
    assert made.inference.charge_c == pytest.approx(2.75 * (AWAKE_A - SLEEP_A))
