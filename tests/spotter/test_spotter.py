"""The control flow of keyword spotting against whole windows and against a plain statement of when it is awake."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compiler.compile import prepare
from ml.compiler.streaming import Request
from ml.errors import UserError
from ml.native.gate import GateConfig, gates
from ml.native.spotter import SpotterConfig, c_source, spot
from ml.native.vad import VadConfig, levels
from tests.compiler.streaming.stacks import Stack
from tests.compiler.streaming.windows import host

BANDS, ROWS = 4, 31
VOICE = VadConfig(first_band=0, bands=BANDS, quiet=-100 * 256)


def network() -> bytes:
    stack = Stack((1, ROWS, 1, BANDS)).conv(6, (3, 1), (2, 1)).depthwise((4, 1)).conv(5, (1, 1))
    return stack.dense(3).softmax().model()


def config(hop: int = 2, catch_up: int = 3, gate: GateConfig | None = None, lull: int = 0) -> SpotterConfig:
    return SpotterConfig(BANDS, hop, ROWS, catch_up, lull, VOICE, gate or GateConfig(20 * 256, 10 * 256, 6))


def speech(pauses: list[int], words: list[int], seed: int = 1) -> np.ndarray:
    """int8 frames: quiet and loud ones in turn."""
    chance = np.random.default_rng(seed)
    pieces = [np.empty((0, BANDS), np.int8)]
    for quiet, loud in zip(pauses, words, strict=True):
        pieces += [chance.integers(-92, -88, (quiet, BANDS), np.int8), chance.integers(0, 40, (loud, BANDS), np.int8)]
    return np.concatenate(pieces)


def expected_awake(frames: np.ndarray, made: SpotterConfig) -> list[bool]:
    """A network that was asleep has as many steps to take as it missed, a whole window's at most, and takes `catch_up`
    of them a window; it has scores where none is left, or, once it has any, no more than `lull`."""
    opened = gates(levels([frames], made.voice)[0], made.gate)
    missed, taken, awake = made.warm_up + 1, 0, []
    for step in range(len(frames) // made.hop):
        missed = min(missed + 1, made.warm_up + 1)
        if step + 1 < made.warm_up:
            continue
        if opened[(step + 1) * made.hop - 1]:
            taken = 0 if missed > made.warm_up else taken
            missed = min(missed, made.warm_up)
            taken += min(missed, made.catch_up)
            missed -= min(missed, made.catch_up)
        awake.append(taken >= made.warm_up and missed <= made.lull)
    return awake


lengths = st.lists(st.integers(1, 90), min_size=1, max_size=6)


@given(
    lengths,
    st.randoms(use_true_random=False),
    st.sampled_from([1, 2, 3]),
    st.integers(2, 7),
    st.sampled_from([0, 1, 4]),
)
def test_it_is_awake_when_its_description_says_so(pauses, random, hop, catch_up, lull):
    frames = speech(pauses, [random.randint(1, 60) for _ in pauses])
    made = config(hop, catch_up, lull=lull)
    assert spot(frames, made).awake.tolist() == expected_awake(frames, made)


@pytest.mark.parametrize(("hop", "catch_up"), [(2, 2), (2, 3), (4, 5), (6, 20)])
def test_scores_of_a_network_that_slept_are_those_of_the_whole_window(hop, catch_up):
    made, chance = config(hop, catch_up), np.random.default_rng(hop)
    frames = speech(chance.integers(1, 120, 30).tolist(), chance.integers(10, 80, 30).tolist())
    with host(prepare(network(), "model", None, Request(hop))) as streaming:
        heard = spot(frames, made, streaming)
        again = spot(frames, made, streaming)  # whatever state the network was left in
    with host(prepare(network(), "model")) as whole:
        last = made.last_frame(len(heard.awake))
        windows = np.stack([frames[end + 1 - ROWS : end + 1] for end in last[heard.awake]])
        np.testing.assert_array_equal(heard.scores[heard.awake], whole.run(windows))
    assert heard.restarts > 5
    assert 0.05 < heard.awake.mean() < 0.95
    assert not heard.scores[~heard.awake].any()
    np.testing.assert_array_equal(heard.scores, again.scores)
    np.testing.assert_array_equal(heard.awake, spot(frames, made).awake)


def test_scores_of_a_moment_ago_stand_in_a_lull_and_no_longer():
    made, frames = config(4, lull=3), speech([60, 200], [60, 60])
    with host(prepare(network(), "model", None, Request(4))) as streaming:
        plain, held = spot(frames, config(4), streaming), spot(frames, made, streaming)
    slept = np.flatnonzero(plain.awake[:-1] & ~plain.awake[1:])[0] + 1
    assert held.awake[slept - 1 : slept + 4].tolist() == [True, True, True, True, False]
    assert (held.scores[slept : slept + 3] == plain.scores[slept - 1]).all()
    np.testing.assert_array_equal(held.scores[plain.awake], plain.scores[plain.awake])


def test_a_gate_that_is_always_open_leaves_only_the_first_windows_without_scores():
    made = config(gate=GateConfig(0, 0, 0))
    heard = spot(speech([400], [1]), made)
    catching_up = -(-(made.warm_up - 1) // (made.catch_up - 1)) - 1
    assert np.flatnonzero(~heard.awake).tolist() == list(range(catching_up))
    assert heard.restarts == 1


def test_a_short_pause_does_not_start_the_network_afresh():
    made = config()
    assert spot(speech([60, 9], [60, 60]), made).restarts == 1
    assert spot(speech([60, 200], [60, 60]), made).restarts == 2


@settings(max_examples=20)
@given(st.integers(0, 200))
def test_windows_are_those_of_the_whole_frames(count):
    made, frames = config(), np.random.default_rng(count).integers(-128, 128, (count, BANDS), np.int8)
    heard = spot(frames, made)
    windows = len(heard.awake)
    assert windows == made.windows(count) == sum(made.last_frame(200) < count)
    if windows:  # the rows of the last one, from the oldest on
        end = made.last_frame(windows)[-1] + 1
        np.testing.assert_array_equal(heard.window, frames[end - made.warm_up * made.hop : end])


def test_a_network_of_other_rows_or_of_whole_windows_is_refused():
    frames = speech([10], [10])
    with host(prepare(network(), "model", None, Request(4))) as streaming, pytest.raises(UserError, match="4 a step"):
        spot(frames, config(2), streaming)
    with host(prepare(network(), "model")) as whole, pytest.raises(UserError, match="expected a model in streaming"):
        spot(frames, config(2), whole)
    with pytest.raises(UserError, match="catch_up=1: expected 2"):
        config(catch_up=1)


def test_the_header_has_its_settings():
    assert "static const spotter_config words_spotter = {\n    &words_vad, // voice\n" in c_source(config(), "words")
