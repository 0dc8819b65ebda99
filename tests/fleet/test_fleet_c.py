"""lib/fleet computes what is stated, byte for byte: masks as pymonocypher has them, learning and clipping as numpy."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.fleet import masks
from ml.fleet.settings import Offer, Settings
from ml.native import fleet
from ml.native.fleet import BIAS, LARGEST, Examples, LayerConfig
from tests.fleet import fleet_c

OFFER = Offer(7, b"8 bytes.", Settings(), 37, 58817)
SEEDS = [bytes([at]) * 32 for at in range(16)]


def group(members: int, offer: Offer = OFFER) -> list[bytes]:
    return [masks.public(seed, offer.number) for seed in SEEDS[:members]]


@settings(max_examples=12)
@given(st.integers(3, 16), st.integers(1, 2**32 - 1), st.binary(min_size=8, max_size=8), st.data())
def test_masks_of_the_device_are_those_of_the_host(members, number, model, data):
    offer, own = Offer(number, model, Settings(), 37, 58817), data.draw(st.integers(0, members - 1))
    keys, values = group(members, offer), np.array(data.draw(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=40)))
    device, host = fleet_c.Device(SEEDS[own], offer, own, keys), masks.Masks(SEEDS[own], offer, own, keys)
    assert device.begun and fleet_c.public(SEEDS[own], number) == keys[own]
    assert np.array_equal(device.hidden(values), host.hidden(values))
    others = data.draw(st.sets(st.integers(0, members - 1), min_size=2))
    present = sorted({own, *others})
    if len(present) >= 3:
        assert device.reveal(present) == host.reveal(present)


@pytest.mark.parametrize(
    "keys",
    [group(2), group(3)[::-1], [*group(3), group(3)[1]], [*group(2), bytes(32)], [*group(16), bytes([9]) * 32]],
    ids=["two", "own elsewhere", "twice", "no secret", "seventeen"],
)
def test_a_group_that_is_not_sound_is_refused_and_hides_nothing(keys):
    device = fleet_c.Device(SEEDS[0], OFFER, 0, keys[:16] if len(keys) < 17 else keys)
    assert not device.begun and device.reveal([0, 1, 2]) == []
    with pytest.raises(masks.RefusalError):
        device.hidden(np.arange(5))
    with pytest.raises(masks.RefusalError):
        masks.Masks(SEEDS[0], OFFER, 0, keys)


@pytest.mark.parametrize("present", [[0, 1], [1, 2, 3], [0, 1, 2, 9]], ids=["too few", "without itself", "unknown"])
def test_keys_are_revealed_once_and_never_for_too_few(present):
    device, host = (kind(SEEDS[0], OFFER, 0, group(5)) for kind in (fleet_c.Device, masks.Masks))
    assert device.reveal(present) == []
    with pytest.raises(masks.RefusalError):
        host.reveal(present)
    assert len(device.reveal([0, 1, 2])) == len(host.reveal([0, 1, 2])) == 3
    assert device.reveal([0, 1, 2]) == []
    for one in (device, host):
        with pytest.raises(masks.RefusalError):
            one.hidden(np.arange(5))


def test_another_round_model_or_seed_gives_other_masks():
    zeros, made = np.zeros(16), set()
    for offer in (OFFER, Offer(8, OFFER.model, Settings(), 37, 58817), Offer(7, b"another.", Settings(), 37, 58817)):
        made.add(fleet_c.Device(SEEDS[0], offer, 0, group(3, offer)).hidden(zeros).tobytes())
    assert len(made) == 3


def exact_length(values: list[int]) -> int:
    square = sum(min(abs(value), LARGEST) ** 2 for value in values)
    return math.isqrt(square - 1) + 1 if square else 0


@given(
    st.lists(st.integers(-(2**31), 2**31 - 1) | st.integers(-300, 300), min_size=1, max_size=90),
    st.integers(1, LARGEST),
)
def test_clipping_is_exact_and_never_longer_than_asked(values, most):
    length = exact_length(values)
    bounded = [max(-LARGEST, min(LARGEST, value)) for value in values]
    towards_zero = [int(math.copysign(abs(one) * most // length, one)) if length > most else one for one in bounded]
    made = fleet.clipped(np.array(values, np.int32), most).tolist()
    assert made == towards_zero
    assert sum(one * one for one in made) <= most * most


def softmax(logits: np.ndarray) -> np.ndarray:
    e = np.exp((logits - logits.max()) / 2**20)
    return e / e.sum()


def test_learning_follows_gradient_descent_in_floating_point():
    rng, config = np.random.default_rng(0), LayerConfig(60, 11, -128, 10, 58817)
    features = rng.integers(-128, 60, (40, 60)).astype(np.int8)
    examples = Examples(features, rng.integers(-128, 128, (40, 11)).astype(np.int8), rng.integers(0, 11, 40))
    expected = np.zeros((11, 61))
    for x, z, y in zip(examples.features, examples.logits, examples.labels, strict=True):
        given = np.append(x.astype(float) + 128, BIAS)
        error = np.eye(11)[y] - softmax((z.astype(float) - 10) * 58817 + expected @ given / 16)
        expected += np.outer(error, given) * 2**15 * 16 / 2**13
    made = fleet.learn(config, examples, 1, 13)
    assert np.abs(made - expected).max() < 0.02 * np.abs(expected).max()


def numpy_learn(config: LayerConfig, examples: Examples, epochs: int, rate: int) -> np.ndarray:
    """lib/fleet/src/update.c in whole numbers of Python."""
    update = [[0] * (config.features + 1) for _ in range(config.classes)]
    for _ in range(epochs):
        for x, z, y in zip(examples.features.tolist(), examples.logits.tolist(), examples.labels.tolist(), strict=True):
            given = [one - config.feature_zero for one in x] + [BIAS]
            logits = []
            for row, one in zip(update, z, strict=True):
                logit = (one - config.logit_zero) * config.logit_unit
                logit += sum(a * b for a, b in zip(row, given, strict=True)) >> 4
                logits.append(max(-(2**30) + 1, min(2**30 - 1, logit)))
            for c, (row, share) in enumerate(zip(update, probabilities(logits), strict=True)):
                error = (32768 if c == y else 0) - share
                for j, one in enumerate(given):
                    step = (error * one * 16 + (1 << rate >> 1)) >> rate
                    row[j] = max(-LARGEST, min(LARGEST, row[j] + step))
    return np.array(update)


def probabilities(logits: list[int]) -> list[int]:
    shares = []
    for logit in logits:
        whole, part = divmod((max(logits) - logit) * 23637 >> 14, 1 << 20)
        part >>= 5
        bent = part * (32768 - part) * 44 >> 23
        shares.append((32768 - (part >> 1) - bent) >> whole if whole < 16 else 0)
    return [(share << 15) // sum(shares) for share in shares]


@settings(max_examples=25)
@given(st.data())
def test_learning_is_the_same_in_whole_numbers_of_python(data):
    features, classes, count = (data.draw(st.integers(*limits)) for limits in ((1, 5), (2, 4), (0, 4)))
    int8 = st.integers(-128, 127)
    rows = [[data.draw(st.lists(int8, min_size=n, max_size=n)) for _ in range(count)] for n in (features, classes)]
    config = LayerConfig(features, classes, data.draw(int8), data.draw(int8), data.draw(st.integers(0, 2**31 - 1)))
    labels = np.array([data.draw(st.integers(0, classes - 1)) for _ in range(count)], int)
    seen, logits = (np.array(one, np.int8).reshape(count, n) for one, n in zip(rows, (features, classes), strict=True))
    examples, rate = Examples(seen, logits, labels), data.draw(st.integers(0, 24))
    assert np.array_equal(fleet.learn(config, examples, 2, rate), numpy_learn(config, examples, 2, rate))
