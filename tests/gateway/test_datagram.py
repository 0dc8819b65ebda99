"""A datagram is taken if a node's key made it, unchanged, for this direction, and once."""

from hypothesis import given
from hypothesis import strategies as st

from ml.link.datagram import DOWN, KEY, MOST, UP, WINDOW, Datagram, Fresh, opened, seal, sender
from ml.link.frames import MAX_PAYLOAD, TEXT, Frame
from tools.simulated.forging import forge

U8, U16, U32 = (st.integers(0, 2**bits - 1) for bits in (8, 16, 32))
TYPES = st.integers(1, 31).filter(lambda type_: type_ not in TEXT)
FRAMES = st.builds(Frame, TYPES, U8, U16, U32, st.binary(max_size=MAX_PAYLOAD))
DATAGRAMS = st.builds(Datagram, st.sampled_from([UP, DOWN]), U32, U32, U32, U16, FRAMES)
KEYS = st.binary(min_size=KEY, max_size=KEY)


@given(DATAGRAMS, KEYS)
def test_what_was_sealed_opens_as_it_was(datagram, key):
    data = seal(datagram, key)
    assert opened(data, key, datagram.way) == datagram
    assert sender(data) == (datagram.node if datagram.way == UP else None)


@given(DATAGRAMS, KEYS, KEYS, st.integers(0), st.integers(0, 7))
def test_another_key_another_direction_and_any_bit_that_was_changed_are_refused(datagram, key, other, at, bit):
    data = seal(datagram, key)
    changed = bytearray(data)
    changed[at % len(data)] ^= 1 << bit
    assert opened(bytes(changed), key, changed[0]) is None
    assert opened(data, key, UP + DOWN - datagram.way) is None
    assert key == other or opened(data, other, datagram.way) is None


@given(st.binary(max_size=MOST + 1), KEYS)
def test_no_bytes_do_more_than_being_refused(data, key):
    assert opened(data, key, UP) is None
    assert sender(data) is None or len(data) >= 5


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 200)), max_size=200))
def test_each_counter_of_a_boot_is_taken_once_and_never_one_of_an_older_boot(sent):
    fresh, taken, now, highest = Fresh(), set(), 0, -1
    for boot, counter in sent:
        if boot > now:
            now, highest = boot, -1
        new = boot == now and (boot, counter) not in taken and counter > highest - WINDOW
        if boot == 0 and now == 0:  # 0 is what was before the first
            new = (boot, counter) not in taken and counter > highest - WINDOW
        assert fresh.takes(boot, counter) == new
        if new:
            taken.add((boot, counter))
            highest = max(highest, counter)


def test_after_a_restart_all_that_was_seen_before_is_old():
    fresh = Fresh(5, 100)
    assert not any(fresh.takes(5, counter) for counter in range(101)) and not fresh.takes(4, 1000)
    assert fresh.takes(5, 101) and fresh.takes(6, 0)


def test_of_forged_repeated_and_changed_datagrams_none_is_taken_and_the_honest_ones_all_are():
    fates, taken = forge(5000, seed=3)
    assert taken == 0 and sum(fates.values()) == 5000
