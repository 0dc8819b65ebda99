"""What a machine does, told from its vibration: in any direction of the sensor, at any level, a knock and a fault
included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.errors import UserError
from ml.native.machine import BLOCKS, OCTAVE, MachineConfig, State, watch

BLOCK, WINDOW = 16, 576
OFF = 5 * OCTAVE  # a deviation of 5.6 counts
CONFIG = MachineConfig(BLOCK, OFF)
GRAVITY = np.array([60, -300, 2010])


def shaking(count: int, deviation: float, seed: int = 0, gravity: np.ndarray = GRAVITY) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.clip(np.rint(gravity + rng.normal(0, deviation, (count, 3))), -32768, 32767).astype(np.int16)


def blocks(seconds_in_blocks: int) -> int:
    return seconds_in_blocks * BLOCK


def states(samples: np.ndarray) -> list[State]:
    """One after the other, without repetition."""
    found = watch(samples, CONFIG).state
    return [State(found[i]) for i in range(len(found)) if i == 0 or found[i] != found[i - 1]]


@settings(max_examples=30)
@given(st.floats(8, 5000), st.integers(0, 9), st.permutations(range(3)), st.tuples(*[st.sampled_from([1, -1])] * 3))
def test_a_machine_that_runs_evenly_is_steady_however_it_is_mounted(deviation, seed, axes, signs):
    samples = shaking(blocks(120), deviation, seed)
    turned = np.ascontiguousarray((samples * np.array(signs, np.int16))[:, axes])
    seen, again = watch(samples, CONFIG), watch(turned, CONFIG)
    assert (seen.state[blocks(BLOCKS) :] == State.STEADY).all()
    assert np.array_equal(seen.state, again.state) and np.array_equal(seen.steady, again.steady)


@settings(max_examples=30)
@given(st.floats(0, 2.5), st.integers(0, 9))
def test_a_machine_that_is_off_is_off_and_never_judged(noise, seed):
    seen = watch(shaking(blocks(100), noise, seed), CONFIG)
    assert (seen.state == State.OFF).all()
    assert not seen.steady.any()


def test_start_run_stop():
    run = shaking(blocks(60), 300)
    fade = np.linspace(1, 0, blocks(12))[:, None]
    ramp = np.rint(GRAVITY + (run[: blocks(12)] - GRAVITY) * fade).astype(np.int16)
    rest = shaking(blocks(20), 2)
    made = states(np.concatenate([rest, ramp[::-1], run, ramp, rest]))
    assert made == [State.OFF, State.STARTING, State.STEADY, State.STOPPING, State.OFF]


@settings(max_examples=40)
@given(st.integers(0, 11), st.sampled_from([2000, 8000]), st.integers(0, 9))
def test_no_window_that_holds_a_knock_is_judged_and_soon_all_is_as_before(phase, strength, seed):
    samples, place = shaking(blocks(200), 100, seed), blocks(80) + phase
    samples[place : place + 3] += np.array([[1], [-1], [0.5]]).astype(float).dot(strength).astype(np.int16)
    seen = watch(samples, CONFIG)
    ends = np.arange(WINDOW - 1, len(samples))
    judged = ends[seen.judges(ends, WINDOW)]
    assert not ((judged >= place) & (judged - WINDOW + 1 < place + 3)).any()
    assert State.DISTURBED in seen.state
    assert seen.judges(np.array([place + WINDOW + 3 * BLOCK - (place + WINDOW) % BLOCK - 1]), WINDOW).all()
    assert (seen.state[place + 3 * BLOCK :] == State.STEADY).all()


def test_a_sensor_that_is_moved_disturbs():
    samples = np.concatenate([shaking(blocks(60), 10), shaking(blocks(60), 10, 1, GRAVITY + np.array([200, 0, -100]))])
    assert states(samples) == [State.OFF, State.STARTING, State.STEADY, State.DISTURBED, State.STEADY]


@settings(max_examples=20)
@given(st.floats(1.5, 40), st.integers(0, 9))
def test_a_fault_that_stays_is_steady_again_and_judged(times, seed):
    samples = np.concatenate([shaking(blocks(80), 100, seed), shaking(blocks(120), 100 * times, seed + 1)])
    assert watch(samples, CONFIG).judges(np.array([len(samples) - 1]), WINDOW).all()


def test_a_machine_that_knocks_again_and_again_is_judged():
    """Once in two seconds at 50 Hz: that is no visitor."""
    samples = shaking(blocks(600), 100)
    samples[blocks(60) :: 6 * BLOCK] += 3000
    seen = watch(samples, CONFIG)
    last = np.arange(len(samples) - WINDOW, len(samples))
    assert seen.judges(last, WINDOW).any()


def test_windows_are_judged_only_where_a_block_ends():
    seen = watch(shaking(blocks(80), 100), CONFIG)
    assert not seen.steady[np.arange(len(seen.steady)) % BLOCK != BLOCK - 1].any()
    assert seen.steady[-1] == blocks(80)


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(1, 3))
def test_any_samples_give_a_state_and_the_time_it_was_steady_is_never_longer_than_the_recording(seed, block, axes):
    rng = np.random.default_rng(seed)
    scale = rng.choice([0, 1, 30, 32767], 40)
    samples = np.concatenate([rng.integers(-one, one + 1, (50, axes)) for one in scale]).astype(np.int16)
    seen = watch(samples, MachineConfig(block, OFF, axes=axes))
    assert seen.state.max() <= max(State)
    assert (seen.steady <= np.arange(1, len(samples) + 1)).all()
    assert ((seen.steady == 0) | (seen.state == State.STEADY)).all()


@pytest.mark.parametrize("changes", [{"block": 1}, {"axes": 4}, {"knock": 0}, {"span": 0}, {"off_level": 40000}])
def test_settings_out_of_range_are_refused_in_one_line(changes):
    with pytest.raises(UserError, match="expected"):
        MachineConfig(**({"block": 16, "off_level": 0} | changes))


def test_samples_of_another_shape_are_refused():
    with pytest.raises(UserError, match="expected int16 samples"):
        watch(np.zeros((10, 2), np.int16), CONFIG)
