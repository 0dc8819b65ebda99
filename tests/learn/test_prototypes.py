"""Classes learnt on the device (lib/learn) against the same arithmetic in numpy; and bytes that are none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.errors import UserError
from ml.native.prototypes import MAX_EXAMPLES, Prototypes, class_size

MODEL, STRAY, PRIOR, NEAR, GAIN, OCTAVE, LATEST = "6efb37aa995d7b74", 16, 4, 4, 24, 256, 64
seeds = st.integers(0, 2**32 - 1)


class Oracle:
    """Nearest class mean in Python's own integers, from the examples themselves."""

    def __init__(self, taught: dict[str, np.ndarray], features: int) -> None:
        self.taught, self.features = {label: x.astype(np.int64) for label, x in taught.items()}, features

    def distance(self, label: str, x: np.ndarray) -> int:
        examples = self.taught[label]
        n, total = len(examples), examples.sum(0)
        return sum(int(one) ** 2 for one in n * x.astype(np.int64) - total) // n**2

    @property
    def stray(self) -> int:
        top, free = PRIOR * self.features * STRAY**2, PRIOR
        for examples in self.taught.values():
            if len(examples) > 1:
                top += int((examples**2).sum()) - int((examples.sum(0) ** 2).sum()) // len(examples)
                free += len(examples) - 1
        return max(top // free, 1)

    def horizon(self, x: np.ndarray, windows: np.ndarray) -> int:
        near, mean = NEAR * self.stray, np.zeros(self.features, int)
        for number, window in enumerate(windows, 1):
            off = 128 * window.astype(int) - mean
            mean += np.sign(off) * (np.abs(off) // min(number, LATEST))
        far = int(((128 * x.astype(int) - mean) ** 2).sum()) // 128**2
        return min(near, far) if len(windows) >= LATEST // 4 else near

    def answer(
        self, labels: list[str], x: np.ndarray, network: np.ndarray, background: np.ndarray
    ) -> tuple[np.ndarray, bool]:
        every = [*labels, *(label for label in self.taught if label not in labels)]
        gains = dict.fromkeys(every, 0)
        for label in self.taught:
            if (distance := self.distance(label, x)) < self.horizon(x, background):
                gains[label] = GAIN * (NEAR * OCTAVE - distance * OCTAVE // self.stray)
        own = len(every) - len(labels)
        if not any(gains.values()):
            return np.append(network, np.full(own, -128, np.int8)), False
        odds = np.append(2 * (network.astype(float) + 128) + 1, np.ones(own))
        level = OCTAVE * np.log2(odds) + list(gains.values())
        share = 2 ** ((level - level.max()) / OCTAVE)
        return np.minimum(256 * share / share.sum(), 255) - 128, True


def drawn(seed: int, features: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """A few classes of the network and of one's own, tight or wide; and examples near and far from them."""
    rng = np.random.default_rng(seed)
    centres = rng.integers(-128, 128, (5, features))
    spread = rng.choice([0, 3, 15, 60])

    def around(which: int, count: int) -> np.ndarray:
        return np.clip(centres[which] + rng.normal(0, spread + 1, (count, features)), -128, 127).astype(np.int8)

    names = ["yes", "clap", "no", "snap"][: rng.integers(1, 5)]
    taught = {name: around(i, int(rng.integers(1, 6))) for i, name in enumerate(names)}
    return taught, np.concatenate([around(i, 2) for i in range(5)])


def taught_to_c(taught: dict[str, np.ndarray], features: int) -> Prototypes:
    made = Prototypes(features, MODEL, stray=STRAY)
    for label, examples in taught.items():
        place = made.name(label)
        assert all(made.add(place, one) for one in examples)
        made.seal(place)
    return made


def relabel(c: Prototypes, place: int, raw: bytes) -> None:
    """As a host may write it, with a right CRC."""
    c.memory[place].view(np.uint8)[24:40] = np.frombuffer(raw.ljust(16, b"\0")[:16], np.uint8)
    c.seal(place)


@settings(max_examples=40, deadline=None)
@given(seeds, st.sampled_from([1, 7, 60, 96, 128]))
def test_what_c_learns_and_answers_is_what_numpy_computes(seed: int, features: int) -> None:
    """Distances and strays exactly; scores within one of 256 of those with exact logarithms; where no class is near the
    network's own bytes."""
    taught, shown = drawn(seed, features)
    c, oracle, labels = taught_to_c(taught, features), Oracle(taught, features), ["yes", "no", "none"]
    assert c.stray == oracle.stray
    for place, label in c.labels.items():
        assert c.distances(place, shown).tolist() == [oracle.distance(label, x) for x in shown]
        assert c.sums(place).tolist() == taught[label].astype(int).sum(0).tolist()
    rng = np.random.default_rng(seed)
    network = rng.integers(-128, 128, (len(shown), 3)).astype(np.int8)
    background = shown[rng.integers(0, len(shown), rng.choice([0, 15, 16, 100]))]
    scores, near = c.answer(shown, network, labels, background)
    for x, given_, made, is_near in zip(shown, network, scores, near, strict=True):
        wanted, wanted_near = oracle.answer(labels, x, given_, background)
        assert is_near == wanted_near
        assert (made == wanted).all() if not is_near else np.abs(made - wanted).max() <= 2.0


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_an_example_that_is_taken_out_again_leaves_every_byte_as_it_was(seed: int) -> None:
    taught, shown = drawn(seed, 24)
    c = taught_to_c(taught, 24)
    before = bytes(c)
    for x in shown:
        assert c.add(0, x)
    for x in shown[::-1]:
        assert c.subtract(0, x)
    c.seal(0)
    assert bytes(c) == before


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(0, class_size(24) * 8 - 1))
def test_a_turned_bit_in_a_kept_class_is_found(seed: int, bit: int) -> None:
    taught, _ = drawn(seed, 24)
    kept = bytearray(taught_to_c({"clap": taught["yes"]}, 24).of(0))
    assert Prototypes.read(bytes(kept), 24, MODEL, stray=STRAY).labels == {0: "clap"}
    kept[bit // 8] ^= 1 << bit % 8
    free = bit // 32 == 1  # the magic: the place is free then
    if free:
        assert Prototypes.read(bytes(kept), 24, MODEL, stray=STRAY).labels == {}
        return
    with pytest.raises(UserError, match="damaged"):
        Prototypes.read(bytes(kept), 24, MODEL, stray=STRAY)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, MAX_EXAMPLES), st.integers(0, 2**63), st.lists(st.integers(-(2**31), 2**31 - 1), min_size=3))
def test_sums_that_no_examples_can_have_are_refused(examples: int, squares: int, sums: list[int]) -> None:
    """With a right CRC, as a host could send them."""
    c, sums = Prototypes(3, MODEL, stray=STRAY), sums[:3]
    least = -(-sum(one**2 for one in sums) // examples)
    fits = all(-128 * examples <= one <= 127 * examples for one in sums) and least <= squares <= examples * 3 * 2**14
    if fits:
        assert c.put("clap", examples, squares, np.array(sums)) == 0
        assert c.distances(0, np.zeros((1, 3), np.int8))[0] == sum(one**2 for one in sums) // examples**2
        return
    with pytest.raises(UserError, match="can have"):
        c.put("clap", examples, squares, np.array(sums))
    assert c.labels == {}


def test_sums_of_another_model_or_of_another_length_are_refused() -> None:
    kept = bytes(taught_to_c({"clap": np.ones((1, 8), np.int8)}, 8))
    with pytest.raises(UserError, match="another"):
        Prototypes.read(kept, 8, "0123456789abcdef", stray=STRAY)
    with pytest.raises(UserError, match="bytes each"):
        Prototypes.read(kept[:-1], 8, MODEL, stray=STRAY)


def test_a_class_has_an_end() -> None:
    """65,535 examples of the largest values: the sums hold, one more is refused."""
    c, x = Prototypes(2, MODEL, stray=STRAY), np.array([-128, 127], np.int8)
    c.put("clap", MAX_EXAMPLES - 1, (MAX_EXAMPLES - 1) * (128**2 + 127**2), (MAX_EXAMPLES - 1) * x.astype(int))
    assert c.add(0, x) and not c.add(0, x)
    c.seal(0)
    assert c.valid(0) and c.sums(0).tolist() == [-128 * MAX_EXAMPLES, 127 * MAX_EXAMPLES]
    assert c.distances(0, x[None])[0] == 0


@pytest.mark.parametrize("label", ["", "sixteen-bytes-it", "a\nb", "ü", " a"])
def test_labels_that_do_not_fit_are_refused(label: str) -> None:
    with pytest.raises(UserError, match="label"):
        Prototypes(2, MODEL, stray=STRAY).name(label)


def test_places_end() -> None:
    c = Prototypes(2, MODEL, stray=STRAY, places=2)
    assert [c.name("a"), c.name("b")] == [0, 1]
    with pytest.raises(UserError, match="forget one"):
        c.name("c")
    c.remove(0)
    assert c.name("c") == 0 and c.labels == {0: "c", 1: "b"}


@settings(max_examples=200, deadline=None)
@given(st.binary(min_size=1, max_size=15) | st.text("azAZ09_- ~", min_size=1, max_size=16).map(str.encode))
def test_a_label_is_a_line_of_ascii(raw: bytes) -> None:
    """In bytes from a host, too, with a right CRC: session info must stay readable."""
    c = Prototypes(2, MODEL, stray=STRAY)
    place = c.name("x")
    c.add(place, np.zeros(2, np.int8))
    relabel(c, place, raw)
    text = raw.rstrip(b"\0").decode("latin-1")
    assert c.valid(place) == (0 < len(text) < 16 and text.isascii() and text.isprintable() and text[0] != " ")
