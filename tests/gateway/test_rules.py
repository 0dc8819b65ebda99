"""Rules see what happened in the order of the nodes' clocks, however late and in whatever order the news comes."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ml.gateway.config import Rule
from ml.gateway.outbox import Event
from ml.gateway.rules import US, Rules, Told, Watch, fused

TWO = Rule("two", "several", ("f3-*",), ("fall",), 3.0, 2, 0.9, 2.0)
FUSE = replace(TWO, name="sure", kind="fuse", score=0.95)
QUIET = replace(TWO, name="calm", kind="quiet", labels=(), within_s=600.0)
TOLD = st.builds(
    Told, st.integers(0, 60 * US), st.sampled_from(["f3-a", "f3-b", "f3-c", "f4-a"]), st.sampled_from(["fall", "adl"]),
    st.integers(0, 255),
)  # fmt: skip


def told(seconds: float, node: str, score: int = 200, label: str = "fall") -> Told:
    return Told(int(seconds * US), node, label, score)


def fires(rule: Rule, events: list[Told], end_s: float = 100) -> list[float]:
    watch = Watch(rule, 0)
    for one in events:
        watch.hear(one)
    return [at / US for at, _ in watch.look(int(end_s * US))]


def test_two_of_three_fire_once_within_the_time_and_not_beyond_it():
    assert fires(TWO, [told(10, "f3-a"), told(12, "f3-b"), told(12.5, "f3-c")]) == [12]
    assert fires(TWO, [told(10, "f3-a"), told(13.1, "f3-b")]) == []
    assert fires(TWO, [told(10, "f3-a"), told(11, "f3-a"), told(11, "f4-b"), told(11, "f3-b", label="adl")]) == []


def test_scores_are_fused_and_weak_ones_do_not_fire():
    assert fires(FUSE, [told(10, "f3-a", 200), told(11, "f3-b", 220)]) == [11]
    assert fires(FUSE, [told(10, "f3-a", 150), told(11, "f3-b", 150)]) == []
    assert fires(FUSE, [told(10, "f3-a", 150), told(11, "f3-b", 150), told(11.5, "f3-c", 190)]) == [11.5]
    assert abs(fused([told(0, "a", 128), told(0, "b", 128)]) - 0.75) < 1e-9


@settings(max_examples=200, deadline=None)
@given(
    st.lists(TOLD, max_size=30), st.permutations(range(30)), st.sampled_from([TWO, FUSE, replace(QUIET, within_s=5.0)])
)
def test_in_whatever_order_news_come_in_time_the_rule_fires_alike(events, order, rule):
    shuffled = [events[at] for at in order if at < len(events)]
    assert fires(rule, shuffled) == fires(rule, sorted(events))


def test_a_late_decision_counts_if_it_comes_in_time():
    watch = Watch(TWO, 0)
    watch.hear(told(10, "f3-a"))
    assert watch.look(11 * US) == []
    watch.hear(told(9, "f3-b"))  # happened before, came after
    assert [at for at, _ in watch.look(13 * US)] == [10 * US]


def test_a_silence_is_told_once_and_again_after_the_next_event():
    watch = Watch(QUIET, 0)
    assert [at for at, _ in watch.look(700 * US)] == [600 * US]
    assert watch.look(5000 * US) == []
    watch.hear(told(5001, "f3-a"))
    watch.hear(told(5100, "f4-a"))  # of another floor
    assert [at for at, _ in watch.look(6000 * US)] == [5601 * US]


def event(seconds: float, node: str) -> Event:
    body = json.dumps({"label": "fall", "score": 200})
    return Event(node, 1, 0, 0, int(seconds * US), int(seconds * US), body)


def test_after_a_restart_a_rule_goes_on_and_tells_nothing_twice():
    given: list[Event] = []

    def give(node: None, made: Event) -> bool:
        given.append(made)
        return True

    rules = Rules((TWO,), [], give, 0)
    rules.hear([event(10, "f3-a"), event(11, "f3-b"), event(20, "f3-a")])
    rules.look(22 * US)
    again = Rules((TWO,), [], give, 0)
    again.go_on([event(10, "f3-a"), event(11, "f3-b"), event(20, "f3-a"), *given])
    again.hear([event(21, "f3-c")])
    again.look(30 * US)
    assert [(one.node, one.happened_us // US) for one in given] == [("rule.two", 11), ("rule.two", 21)]
    assert json.loads(given[1].body)["of"] == {"f3-a": "fall", "f3-c": "fall"}


def test_a_rule_whose_event_finds_no_room_is_told_later():
    given, room = [], [False, False, True]
    rules = Rules((TWO,), [], lambda node, made: room.pop(0) and not given.append(made), 0)
    rules.hear([event(10, "f3-a"), event(11, "f3-b")])
    for now in (20, 21, 22):
        rules.look(now * US)
    assert len(given) == 1
