"""Rows of a board's timing, right or hostile, become windows or one line of an error."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.errors import UserError
from tools.energy.align import Alignment, align
from tools.energy.link import seen
from tools.energy.meter import Samples

HZ = 1_000_000


def test_a_window_is_the_network_alone_and_what_is_unknown_is_no_sleep():
    rows = [  # start, time, window, lost, awake, front end, network, decision, latency, slept
        (0, 1_000_000, 1, 0, 1, 3000, 5000, 1000, 10_000, 0),
        (0, 2_000_000, 2, 0, 0, 3000, 0, 1000, 10_000, 0),
        (0, 5_000_000, 5, 2, 1, 3000, 5000, 1000, 10_000, 0),
    ]
    told = seen(rows, HZ, 2, 2, 0.0)
    assert np.allclose(told.network, [[1.004, 1.009], [5.004, 5.009]])
    assert np.allclose(told.busy, [[1.004, 1.010], [5.004, 5.010]])
    windows, awake = told.windows(Alignment(-1.0, 0.0, 1.0, 0.0, False), 1000.0, 3000)
    assert np.allclose(windows, [(4.0, 9.0)])  # the other lies beyond the meter's 3 s
    known = np.ones(3000, bool)
    for start, end in awake:
        known[int(start) : int(np.ceil(end))] = False
    assert known[12:1005].all()  # asleep from the first row to the front end of the second
    assert not known[:1].any() and not known[1012:].any()  # before the first; from there on rows are missing


NUMBERS = st.integers(0, 2**32 - 1)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 2**61), *[NUMBERS] * 7), max_size=12), st.integers(1, 2**33))
def test_no_rows_break_it(rows, cycles_hz):
    told = seen([(0, time, window, lost, awake, *rest) for time, window, lost, awake, *rest in
                 [(*row[:4], *row[4:], 0) for row in rows]], cycles_hz, len(rows), 0, 0.0)  # fmt: skip
    samples = Samples(np.random.default_rng(1).normal(1e-3, 1e-4, 2000), np.zeros(2000, np.uint8))
    try:
        alignment = align(samples, 1000.0, told.busy, -1.0)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        told.windows(alignment, 1000.0, len(samples))
