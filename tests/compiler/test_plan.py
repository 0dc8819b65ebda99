"""A plan never lets two living tensors meet, and is as small as can be shown."""

import itertools

from hypothesis import example, given, settings
from hypothesis import strategies as st

from ml.compiler.plan import Buffer, _first_fit, _neighbours, aligned, covered, lower_bound, plan, step_bounds


@st.composite
def chains(draw):
    """Buffers of a network: each is made at one step and read until another; some overlap their input."""
    steps = draw(st.integers(1, 8))
    buffers, overlaps = [], {}
    for step in range(steps):
        last = min(step + draw(st.integers(1, 3)), steps)
        buffers.append(Buffer(step, draw(st.integers(1, 400)), step, last))
        before = [b for b in buffers[:-1] if b.last == step]
        if before and draw(st.booleans()):
            overlaps[step, before[0].key] = draw(st.integers(0, 60))
    return buffers, overlaps


def meets(a: Buffer, b: Buffer, offsets: dict, overlaps: dict) -> bool:
    """True when two buffers alive together share bytes that they must not share."""
    if a.last < b.first or b.last < a.first:
        return False
    low, high = offsets[a.key], offsets[b.key]
    if low + a.size <= high or high + b.size <= low:
        return False
    if (a.key, b.key) in overlaps:
        return low + overlaps[a.key, b.key] > high
    if (b.key, a.key) in overlaps:
        return high + overlaps[b.key, a.key] > low
    return True


@settings(max_examples=150)
@given(chains())
def test_living_buffers_never_meet(network):
    buffers, overlaps = network
    made = plan(buffers, overlaps)
    assert all(offset % 4 == 0 for offset in made.offsets.values())
    assert not any(meets(a, b, made.offsets, overlaps) for a, b in itertools.combinations(buffers, 2))
    assert made.size == max(made.offsets[b.key] + aligned(b.size) for b in buffers)
    assert made.lower_bound <= made.size
    assert all(covered(buffers, made.offsets, b.first) <= made.size for b in buffers)


@given(st.lists(st.integers(1, 1000), min_size=2, max_size=30))
@example([745, 9, 737, 745, 5, 741, 745])  # first fit misses it by a word
def test_a_plain_chain_reaches_the_lower_bound(sizes):
    buffers = [Buffer(i, size, i, i + 1) for i, size in enumerate(sizes)]
    made = plan(buffers, {})
    assert made.size == made.lower_bound == max(aligned(a) + aligned(b) for a, b in itertools.pairwise(sizes))


def test_an_operator_in_place_needs_its_larger_tensor_only():
    buffers = [Buffer(0, 100, 0, 1), Buffer(1, 100, 1, 2), Buffer(2, 40, 2, 2)]
    assert plan(buffers, {(1, 0): 0}).size == 140
    assert plan(buffers, {}).size == 200
    assert covered(buffers, plan(buffers, {(1, 0): 0}).offsets, 1) == 100


def test_a_distance_keeps_the_output_that_far_ahead():
    made = plan([Buffer(0, 100, 0, 1), Buffer(1, 100, 1, 1)], {(1, 0): 8})
    assert made.offsets[1] + 8 <= made.offsets[0]
    assert made.size == made.lower_bound == 108


def test_the_bound_counts_an_output_that_straddles_two_inputs_once():
    buffers = [Buffer(0, 40, 0, 1), Buffer(1, 40, 0, 1), Buffer(2, 80, 1, 1)]
    assert lower_bound(buffers, {(2, 0): 0, (2, 1): 0}) == 80


@given(chains())
def test_the_bound_of_each_step_is_what_lives_then_without_what_may_overlap(network):
    buffers, overlaps = network
    size = {b.key: b.size for b in buffers}
    for step, bound in step_bounds(buffers, overlaps).items():
        alive = {b.key for b in buffers if b.first <= step <= b.last}
        saved = dict.fromkeys(alive, 0)
        for (out, given_), distance in overlaps.items():
            if {out, given_} <= alive:
                saved[out] += max(size[out] + size[given_] - max(size[given_] + distance, size[out]), 0)
        assert bound == sum(size[key] - min(saved[key], size[key]) for key in alive)


@given(chains(), st.integers(0, 8))
def test_an_order_goes_on_behind_buffers_that_have_their_places(network, count):
    buffers, overlaps = network
    neighbours = _neighbours(buffers, overlaps)
    offsets, peak = _first_fit(buffers, neighbours)
    known = {b.key: offsets[b.key] for b in buffers[:count]}
    assert _first_fit(buffers, neighbours, peak, dict(known)) == (offsets, peak)
    assert _first_fit(buffers, neighbours, peak - 1, known) is None


@settings(max_examples=25)
@given(chains())
def test_no_order_of_placement_beats_the_plan_of_a_small_network(network):
    buffers, overlaps = network
    buffers = [Buffer(b.key, aligned(b.size), b.first, b.last) for b in buffers[:6]]
    overlaps = {pair: aligned(distance) for pair, distance in overlaps.items() if max(pair) < 6}
    neighbours = _neighbours(buffers, overlaps)
    placed = [_first_fit(list(order), neighbours) for order in itertools.permutations(buffers)]
    best = min(one[1] for one in placed if one)
    assert plan(buffers, overlaps).size == best
