"""The functions of an exported library besides push and poll: what they promise when something is odd."""

import ctypes

import numpy as np
import pytest

from tests.export.exported import Called

WINDOWS = 40


@pytest.fixture(scope="module")
def falls(library) -> Called:
    return Called(library("fall_detection"), "fall_detection")


@pytest.fixture(scope="module")
def machine(library) -> Called:
    called = Called(library("vibration_anomaly"), "vibration_anomaly")
    called("baseline").restype = ctypes.c_void_p
    called("use_baseline").restype = called("learn").restype = ctypes.c_bool
    called("machine_state").restype = ctypes.c_char_p
    return called


def a_fall() -> np.ndarray:
    """Ten seconds at 50 Hz, int16 (n, 3)."""
    parts = [((0, 0, 2048), 75), ((0, 0, 600), 20), ((6100, 3000, 2000), 5), ((2048, 0, 200), 400)]
    return np.concatenate([np.tile(np.array(row, np.int16), (count, 1)) for row, count in parts])


def vibrates(strength: float, seed: int, seconds: int = 60) -> np.ndarray:
    """A machine at 50 Hz, int16 (n, 3)."""
    noise = np.random.default_rng(seed).normal(0, 2048 * strength, (50 * seconds, 3))
    return np.clip(noise + np.array([0, 0, 2048]), -32768, 32767).astype(np.int16)


def test_without_init_it_starts_at_the_models_rate(library):
    fresh = Called(library("fall_detection"), "fall_detection")
    first = fresh.events(a_fall(), 1)
    assert [label for label, _, _ in first] == ["fall"]
    assert fresh("init")(0)
    assert fresh.events(a_fall(), 7) == first


def test_four_events_wait_and_of_more_the_oldest_are_lost(falls):
    many = np.concatenate([a_fall()] * 6)
    assert falls("init")(0)
    every = falls.events(many, 1)
    assert len(every) == 6
    assert falls("init")(0)
    assert falls.events(many, len(many)) == every[-4:]
    assert [sample for _, sample, _ in every] == [every[0][1] + 500 * fall for fall in range(6)]


def test_thresholds_and_labels(falls):
    falls("label").restype = ctypes.c_char_p
    falls("set_threshold").restype = ctypes.c_bool
    assert [falls("label")(number) for number in range(3)] == [b"adl", b"fall", None]
    assert falls("init")(0)
    assert falls("set_threshold")(1, 255) and not falls("set_threshold")(2, 1)
    assert falls.events(a_fall(), 1) == []
    assert falls("init")(0)  # brings the model's thresholds back
    assert len(falls.events(a_fall(), 1)) == 1


def test_counts_are_rounded_and_saturated(falls):
    falls("from_g").argtypes, falls("from_g").restype = [ctypes.c_float], ctypes.c_int16
    given = (0.0, 1.0, -1.0, 0.0003, 99.0, -99.0, float("inf"), float("nan"))
    assert [falls("from_g")(g) for g in given] == [0, 2048, -2048, 1, 32767, -32768, 32767, 0]


def test_a_rate_that_means_nothing_is_refused_and_samples_are_passed_over(library, machine):
    words = Called(library("keyword_spotting"), "keyword_spotting")
    assert not words("init")(8_000_000)
    assert words.events(np.zeros(50_000), 1000) == []
    assert words("init")(16_000_000)
    assert not machine("init")(20_000)
    assert machine("init")(100_000)


def test_the_self_check_starts_afresh(falls):
    assert falls("init")(0)
    falls.events(a_fall()[:80], 1)
    assert falls("self_test")()
    ((label, sample, _),) = falls.events(a_fall(), 1)
    assert (label, sample < 200) == ("fall", True)


def test_a_learnt_baseline_is_kept_and_taken_back(machine, library):
    assert machine("init")(50_000)
    size = ctypes.c_size_t()
    assert machine("baseline")(ctypes.byref(size)) is None  # nothing learnt
    assert not machine("learn")(3)  # too few
    assert machine("learn")(WINDOWS)
    machine.events(vibrates(0.3, 1, 300), 1)
    assert machine("machine_state")() == b"steady"
    assert machine("learning")() == 0
    at = machine("baseline")(ctypes.byref(size))
    kept = ctypes.string_at(at, size.value)

    assert machine("init")(50_000)  # a baseline outlives a new start
    as_learnt = machine.events(vibrates(0.3, 2, 120), 1) + machine.events(vibrates(1.5, 3, 120), 1)
    assert {label for label, _, _ in as_learnt} == {"anomalous"}
    assert min(sample for _, sample, _ in as_learnt) >= 120 * 50  # as it was learnt nothing is told

    machine("forget")()
    assert machine("baseline")(ctypes.byref(size)) is None
    turned = bytes([kept[0], kept[1] ^ 1, *kept[2:]])
    assert not machine("use_baseline")(turned, len(turned))
    assert not machine("use_baseline")(kept[:-4], len(kept) - 4)
    assert machine("use_baseline")(kept, len(kept))
    assert machine("init")(50_000)
    assert machine.events(vibrates(0.3, 2, 120), 1) + machine.events(vibrates(1.5, 3, 120), 1) == as_learnt
