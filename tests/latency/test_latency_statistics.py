"""Whether a change is more than noise."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_logs import HEADER, log, noisy

from ml.errors import UserError
from tools.latency_log import bootstrap
from tools.latency_log.compare import compare
from tools.latency_log.figures import summarise

TRIALS = 120


@given(
    drawn=st.lists(st.lists(st.integers(0, 1000), min_size=5, max_size=5), min_size=1, max_size=9),
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=3),
)
def test_quantiles_are_those_of_numpy(drawn, shares):
    found = bootstrap._of_each(np.array(drawn, float), shares)
    assert np.allclose(found, np.quantile(np.array(drawn, float), shares, axis=1).T)


def change(comparison, stage="inference", quantile="median"):
    (found,) = [each for each in comparison.changes if (each.stage, each.quantile) == (stage, quantile)]
    return found


def intervals_that_hold(memory, count, share, seed):
    """Of the quantile of a wandering figure, drawn anew for each trial, 95 % each."""
    held = 0
    truth = np.quantile(noisy(400_000, seed, memory=memory), share)
    for trial in range(TRIALS):
        values = noisy(count, seed + 1 + trial, memory=memory)
        block = bootstrap.dependence(values, share).block
        drawn = bootstrap.quantiles(values, [share], block, trial)[:, 0]
        low, high = np.quantile(drawn, [0.025, 0.975])
        held += low <= truth <= high
    return held / TRIALS


@pytest.mark.parametrize("memory", [0.0, 0.8])
def test_intervals_hold_as_often_as_they_say_also_where_neighbours_are_alike(memory, monkeypatch):
    monkeypatch.setattr(bootstrap, "LEAST_RESAMPLES", 400)
    monkeypatch.setattr(bootstrap, "MOST_RESAMPLES", 400)
    assert intervals_that_hold(memory, 600, 0.5, seed=10) > 0.86


def test_without_blocks_they_would_not(monkeypatch):
    """The test above can fail: drawn one by one, the same figures look far surer than they are."""
    monkeypatch.setattr(bootstrap, "LEAST_RESAMPLES", 400)
    monkeypatch.setattr(bootstrap, "MOST_RESAMPLES", 400)
    monkeypatch.setattr(bootstrap, "dependence", lambda values, share: bootstrap.Dependence(1, len(values)))
    assert intervals_that_hold(0.8, 600, 0.5, seed=10) < 0.7


def test_blocks_are_longer_where_neighbours_are_more_alike():
    blocks = [bootstrap.dependence(noisy(2000, 3, memory=memory), 0.5) for memory in (0.0, 0.6, 0.9)]
    assert [each.block for each in blocks] == sorted({each.block for each in blocks})
    assert blocks[0].effective > 1000 > blocks[2].effective > 20


def test_the_same_firmware_is_seldom_found_slower():
    """All intervals of a comparison together miss in one of twenty."""
    found = 0
    for trial in range(20):
        old, new = (log(noisy(300, 2 * trial + each, memory=0.5)) for each in (0, 1))
        found += any(each.is_worse(0.0) for each in compare(old, new).changes)
    assert found <= 4


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), slower=st.floats(0.06, 1.0))
def test_slower_by_more_than_the_noise_is_found(seed, slower):
    old, new = noisy(400, 2 * seed), noisy(400, 2 * seed + 1)
    found = change(compare(log(old), log(np.rint(new * (1 + slower)))))
    assert found.is_beyond_noise
    assert 0.2 * slower < found.low <= found.change <= found.high < 1.5 * slower + 0.05
    assert found.is_worse(0.5 * found.low)
    assert not found.is_worse(1.01 * found.change)


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), count=st.integers(6, 300))
def test_a_log_has_not_changed_against_itself(seed, count):
    one = log(noisy(count, seed, memory=0.5))
    for each in compare(one, one).changes:
        assert each.change == 0
        assert not each.is_beyond_noise
        assert each.low is None or each.low <= 0 <= each.high


def test_both_ways_round_it_is_the_same_change():
    old, new = log(noisy(300, 1)), log(noisy(300, 2, mean=70_000))
    there, back = change(compare(old, new)), change(compare(new, old))
    assert (1 + there.change) * (1 + back.change) == pytest.approx(1)
    assert there.is_beyond_noise and back.is_beyond_noise
    assert there.is_worse(0.05) and not back.is_worse(0.05)


def test_constant_figures_have_exact_changes():
    found = change(compare(log(np.full(400, 60_000)), log(np.full(400, 60_060))))
    assert found.change == found.low == found.high == pytest.approx(0.001)
    assert found.is_worse(0.0009) and not found.is_worse(0.0011)


def test_something_that_came_of_nothing_is_infinitely_more():
    old, new = (log(np.full(20, 1000), decide_cycles=np.full(20, cycles)) for cycles in (0, 1))
    assert change(compare(old, new), "decide").change == np.inf
    assert change(compare(old, new), "decide").is_worse(1000)
    assert change(compare(new, old), "decide").change == -1


@pytest.mark.parametrize(("share", "least"), [(0.5, 6), (0.95, 72), (0.99, 368)])
def test_with_too_few_windows_a_quantile_is_not_judged(share, least):
    name = {0.5: "median", 0.95: "p95", 0.99: "p99"}[share]
    slow = {count: log(np.full(count, 90_000)) for count in (least, least - 1)}
    assert bootstrap.needed(share) == least
    assert change(compare(log(np.full(500, 60_000)), slow[least]), quantile=name).is_worse(0.1)
    if least > 6:
        few = change(compare(log(np.full(500, 60_000)), slow[least - 1]), quantile=name)
        assert few.low is None and not few.is_worse(0.1) and few.is_open(0.1)


def test_logs_with_hardly_an_inference_are_not_compared():
    with pytest.raises(UserError, match=r"few: expected 6 inferences or more to compare, found 5; log more"):
        compare(log(np.full(500, 60_000)), log(np.full(5, 60_000), name="few"))
    asleep = log(np.full(50, 20), name="asleep", awake=np.zeros(50))
    with pytest.raises(UserError, match="asleep: expected 6 inferences or more"):
        compare(asleep, asleep)


@pytest.mark.parametrize("other", [{"app": "fall_detection"}, {"board": "virtual"}, {"cycles_hz": 80_000_000}])
def test_what_cannot_be_compared_is_refused_without_anyway(other):
    old, new = log(noisy(100, 1)), log(noisy(100, 2), header=dataclasses.replace(HEADER, **other))
    with pytest.raises(UserError, match=f"found {next(iter(other))} .* or give --anyway"):
        compare(old, new)
    assert any(note.startswith(f"other {next(iter(other))}s: ") for note in compare(old, new, anyway=True).notes)


def test_other_clocks_are_compared_in_time():
    old = log(np.full(100, 64_000))
    new = log(np.full(100, 64_000), header=dataclasses.replace(HEADER, cycles_hz=128_000_000))
    assert change(compare(old, new, anyway=True)).change == pytest.approx(-0.5)


def test_another_model_and_missing_rows_are_said():
    lost = np.zeros(100)
    lost[7] = 3
    new = log(noisy(100, 2), name="new", header=dataclasses.replace(HEADER, model_hash="0" * 16), lost=lost)
    notes = compare(log(noisy(100, 1)), new).notes
    assert "other models: 6dc043b284082f29 and 0000000000000000" in notes
    assert "new: 3 of 103 rows are missing, perhaps the slow ones" in notes


def test_windows_of_one_recording_are_compared_with_themselves():
    """What differs from window to window is no noise then: a cycle more in each is found."""
    header = dataclasses.replace(HEADER, recording="motion.csv 0123456789abcdef")
    cycles = noisy(300, 1, spread=0.2, memory=0.8)
    old, new = log(cycles, header=header), log(cycles + 60, header=header)
    found = change(compare(old, new))
    assert found.is_beyond_noise and 0 < found.low <= found.change <= found.high < 0.002
    assert not change(compare(log(cycles), log(cycles + 60))).is_beyond_noise
    notes = compare(old, new).notes
    assert "the same recording, window for window: 300 of 300 differ in cycles, by +60 to +60, median +60" in notes


def test_duty_leaves_rows_after_a_gap_out():
    cycles = np.full(10, 60_000)
    slept, lost, start = np.full(10, 90_090), np.zeros(10), np.repeat([0, 1], 5)
    slept[[3, 5]], lost[[3]] = 0, 1
    made = log(cycles, slept_us=slept, lost=lost, start=start)
    assert summarise(made.rows, HEADER).duty == pytest.approx(0.25)
    assert summarise(made.rows, HEADER).seconds == pytest.approx(8 * 0.12012)


def test_a_deadline_is_missed_when_the_next_window_is_complete_before_this_one_is_done():
    latency = np.array([120_120, 120_121, 120_000, 500_000])
    assert summarise(log(np.full(4, 1), latency_us=latency).rows, HEADER).late == 2


def test_figures_are_of_inferences_and_those_asleep_stand_apart():
    awake = np.array([1, 0] * 50)
    found = summarise(log(np.where(awake, 60_000, 20), awake=awake).rows, HEADER)
    assert found.asleep == 0.5
    assert found.stages["inference"].cycles["median"] == 60_000
    assert found.stages["asleep_sum"].cycles == dict.fromkeys(("median", "p95", "p99", "worst"), 11_420)
    assert found.stages["latency"].cycles is None and found.stages["latency"].count == 50
    assert found.stages["asleep_latency"].us["worst"] == 300 + 11_420 // 64
