"""The decision against a plain statement of its rules."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.errors import UserError
from ml.native.decide import NEVER, NO_CLASS, DecideConfig, Event, decide

classes = st.shared(st.integers(1, 6), key="classes")
configs = classes.flatmap(
    lambda n: st.builds(
        DecideConfig,
        threshold=st.tuples(*[st.integers(0, 255)] * n),
        background=st.sampled_from([NO_CLASS, *range(n)]),
        smoothing=st.integers(1, 8),
        refractory=st.integers(0, 5),
    )
)
series = classes.flatmap(lambda n: arrays(np.int8, st.tuples(st.integers(0, 40), st.just(n))))


def expected(scores: np.ndarray, config: DecideConfig) -> list[Event]:
    events, next_allowed, last = [], 0, None
    counts = scores.astype(int) + 128
    for window in range(config.smoothing - 1, len(counts)):
        sums = counts[window + 1 - config.smoothing : window + 1].sum(axis=0)
        best = int(np.argmax(sums))
        mean = int(np.floor(sums[best] / config.smoothing + 0.5))
        if best == config.background or not NEVER > config.threshold[best] <= mean:
            continue
        if window >= next_allowed:
            events.append(Event(best, mean, window))
            last = best
        if best == last:
            next_allowed = window + config.refractory + 1
    return events


@given(series, configs)
def test_events_follow_the_rules(scores, config):
    assert decide(scores, config) == expected(scores, config)


def certain(class_id: int, windows: int) -> np.ndarray:
    scores = np.full((windows, 3), -128, np.int8)
    scores[:, class_id] = 127
    return scores


@pytest.mark.parametrize("smoothing", [1, 2, 8])
def test_no_event_before_the_average_is_full(smoothing):
    config = DecideConfig((1, 1, 1), smoothing=smoothing)
    assert decide(certain(2, smoothing - 1), config) == []
    assert decide(certain(2, smoothing), config) == [Event(2, 255, smoothing - 1)]


@pytest.mark.parametrize("refractory", [0, 1, 5])
def test_refractory_time_keeps_exactly_so_many_windows_quiet(refractory):
    scores = np.concatenate([certain(1, 1), certain(2, 19)])
    events = decide(scores, DecideConfig((1, 1, 1), smoothing=1, refractory=refractory))
    assert [e.window for e in events[:2]] == [0, refractory + 1]


def test_what_goes_on_is_one_event_and_comes_again_after_a_pause():
    config = DecideConfig((1, 1, 1), background=0, smoothing=1, refractory=3)
    for pause, events in ((2, 1), (3, 2), (9, 2)):
        scores = np.concatenate([certain(1, 20), certain(0, pause), certain(1, 20)])
        assert len(decide(scores, config)) == events


def test_threshold_is_reached_at_equality():
    scores = np.array([[-28, -128]], np.int8)  # 100
    assert decide(scores, DecideConfig((100, 255), smoothing=1)) == [Event(0, 100, 0)]
    assert decide(scores, DecideConfig((101, 255), smoothing=1)) == []


def test_a_class_of_threshold_255_never_makes_an_event_and_still_keeps_others_from_it():
    config = DecideConfig((1, 1, NEVER), background=0, smoothing=1)
    assert decide(certain(2, 10), config) == []
    assert [event.window for event in decide(np.concatenate([certain(2, 3), certain(1, 1)]), config)] == [3]


def test_background_never_makes_an_event():
    assert decide(certain(0, 10), DecideConfig((0, 0, 0), background=0)) == []


@pytest.mark.parametrize("changes", [{"threshold": ()}, {"threshold": (256,)}, {"smoothing": 9}, {"refractory": -1}])
def test_settings_out_of_range_are_refused_in_one_line(changes):
    with pytest.raises(UserError, match="expected"):
        DecideConfig(**{"threshold": (1,)} | changes)


def test_a_window_in_which_the_network_slept_counts_as_background():
    config = DecideConfig((100, 255), background=1, smoothing=2)
    certain = np.array([[127, -128]] * 4, np.int8)
    found = decide(certain, config, awake=np.array([False, False, True, True]))
    assert [(event.window, event.score) for event in found] == [(2, 128), (3, 255)]
    assert decide(certain, config, awake=np.zeros(4, bool)) == []
