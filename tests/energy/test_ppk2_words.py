"""The PPK2's words become amperes; a word that is missing becomes a hole, wherever the bytes are cut."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tools.energy.ppk2_words import Calibration, Decoder

MORE = 40  # words after those that may be missing
METADATA = "Calibrated: 1\nR0: 1000\nR1: 100\nR2: 10\nR3: 1\nR4: 0\nGS0: 1\nGI0: 1\nO0: 20\nS0: 0\nI0: 0\nUG0: 1\nEND"


def words(adc: np.ndarray, ranges=0, first: int = 0, logic=0) -> np.ndarray:
    counter = (first + np.arange(len(adc))) % 64
    return (adc | np.asarray(ranges) << 14 | counter << 18 | np.asarray(logic) << 24).astype("<u4")


def decoder() -> Decoder:
    return Decoder(Calibration.parse(METADATA), 3.0)


def test_a_word_becomes_amperes_as_the_makers_formula_says():
    made = decoder().feed(words(np.full(3, 255)).tobytes())
    assert np.allclose(made.current_a, expected(255), rtol=1e-12)


def expected(adc: int) -> float:
    raw = (4 * adc - 20) * 1.8 / 163840 / 1000
    return raw * (raw + 1)


@settings(max_examples=60)
@example([], 0, {3, 5, 7, 9})
@example([], 0, {196, 197, 198, 199})
@given(st.lists(st.integers(1, 40), max_size=12), st.integers(0, 63), st.sets(st.integers(1, 199), max_size=20))
def test_bytes_may_be_cut_anywhere_and_words_be_missing_anywhere(cuts, first, missing):
    """The last words wait for others that prove them good. So they do at the end of a measurement: it goes on until it
    has what it asked for, and a word that nothing proves is no sample.
    """
    count = 200 + MORE
    sent = np.delete(words(np.arange(count) + 100, first=first, logic=np.arange(count) % 7), sorted(missing)).tobytes()
    machine, parts = decoder(), []
    for cut in cuts:
        parts.append(machine.feed(sent[:cut]))
        sent = sent[cut:]
    parts.append(machine.feed(sent))
    current = np.concatenate([part.current_a for part in parts])
    marks = np.concatenate([part.marks for part in parts])
    assert 200 <= len(current) < count
    assert set(np.flatnonzero(np.isnan(current))) == missing
    assert machine.lost == len(missing)
    kept = np.flatnonzero(~np.isnan(current))
    assert np.allclose(current[kept], [expected(adc) for adc in kept + 100], rtol=1e-12)
    assert (marks[kept] == kept % 7).all()


def test_a_damaged_counter_is_no_loss():
    sent = words(np.full(40, 500))
    sent[20] ^= 5 << 18
    machine = decoder()
    made = machine.feed(sent.tobytes())
    assert (machine.lost, machine.damaged, len(made)) == (0, 1, 39)


def test_a_lost_byte_puts_it_out_of_step_only_for_a_moment():
    sent = words(np.full(4000, 500), logic=0xA5).tobytes()
    machine = decoder()
    parts = [machine.feed(sent[:1001] + sent[1002:1100])]
    parts += [machine.feed(sent[at : at + 100]) for at in range(1100, len(sent), 100)]
    current = np.concatenate([part.current_a for part in parts])
    right = np.isclose(current, expected(500), rtol=1e-9)
    assert machine.resyncs == 1
    assert right[-900:].all()
    assert right.mean() > 0.9


def test_samples_after_a_change_of_range_are_not_believed():
    ranges = np.repeat([0, 1, 0], 50)
    adc = np.where(ranges == 1, 600, 300)
    adc[50:53] = adc[100:103] = 16000  # what the meter shows while it switches
    made = decoder().feed(words(adc, ranges).tobytes())
    assert made.current_a.max() < 1.1 * decoder().calibration.amperes(np.array([600.0]), np.array([1]), 3.0)[0]


@given(st.binary(max_size=400))
def test_noise_never_crashes_it(noise):
    machine = decoder()
    for at in range(0, len(noise), 7):
        machine.feed(noise[at : at + 7])
