"""Whatever a line does, and whenever the gateway is killed: what was acknowledged is stored once, and in order."""

from collections import defaultdict
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ml.gateway.intake import Clock, Intake, Node
from ml.gateway.outbox import Event, Heard, Outbox
from ml.link.datagram import DOWN, UP, Datagram, opened, seal
from ml.link.frames import Frame
from tools.simulated.apps import APPS
from tools.simulated.nodes import KEPT, Weather
from tools.simulated.nodes import Node as Simulated

KEY = bytes(32)
CALM = Weather(lost=0, out=0, repeated=0, drift_ppm=0)


class Killable:
    """An intake and an outbox; what was not committed is gone after a kill."""

    def __init__(self, path) -> None:
        self.path, self.answers = path, []
        self.outbox = Outbox(path, 10, ["http"])
        self._begin()

    def _begin(self) -> None:
        self.waiting: list[tuple[Node | None, Event]] = []
        self.intake = Intake(self.outbox.heard(), {}, self._give)
        self.node = self.intake.add(Node("n0", "test", self._send))

    def _give(self, node: Node, event: Event) -> bool:
        self.waiting.append((node, event))
        return True

    def _send(self, frame: Frame) -> None:
        self.answers.append(seal(Datagram(DOWN, 0, self.node.boot or 0, 0, 0, frame), KEY))

    def takes(self, data: bytes) -> None:
        datagram = opened(data, KEY, UP)
        if datagram:
            self.intake.datagram(self.node, datagram)

    def commit(self) -> None:
        if self.waiting:
            last = self.waiting[-1][1]
            heard = [Heard("n0", event.boot, 0, event.sequence + 1, 0) for _, event in self.waiting]
            self.outbox.store([event for _, event in self.waiting], heard, 1)
            self.waiting.clear()
            if self.node.run == last.boot:
                self.node.stored(last.sequence)
                self.node.acknowledge()

    def kill(self) -> None:
        self.outbox.close()
        self.outbox = Outbox(self.path, 10, ["http"])
        self._begin()

    def stored(self) -> dict[int, list[int]]:
        runs = defaultdict(list)
        for _, event in self.outbox.after(0, 10**6):
            runs[event.boot].append(event.sequence)
        return runs


STEPS = (
    "event",
    "event",
    "event",
    "deliver",
    "deliver",
    "lose",
    "swap",
    "twice",
    "answer",
    "commit",
    "kill",
    "restart",
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(STEPS), max_size=120), st.integers(0, 2**32))
def test_what_was_acknowledged_is_stored_once_and_in_order(tmp_path_factory, steps, seed):
    chance, now = Random(seed), 0.0
    gateway = Killable(tmp_path_factory.mktemp("outbox") / "gateway.db")
    node, nodes, line = Simulated(0, KEY, APPS[0], CALM, now, 1, (10.0, 1.0)), [], []
    for step in [*steps, *["deliver"] * 200, "commit"]:
        now += 0.01
        if step == "event":
            line += node.happens(now)[0]
        elif step == "deliver" and line:
            gateway.takes(line.pop(0))
        elif step == "lose" and line:
            line.pop(chance.randrange(len(line)))
        elif step == "swap" and len(line) > 1:
            line[0], line[1] = line[1], line[0]
        elif step == "twice" and line:
            line.append(line[0])
        elif step == "answer" and gateway.answers:
            line += node.hears(gateway.answers.pop(chance.randrange(len(gateway.answers))), now)
        elif step == "commit":
            gateway.commit()
        elif step == "kill":
            gateway.kill()
        elif step == "restart":
            nodes.append(node)
            node = Simulated(0, KEY, APPS[0], CALM, now, node.boot + 1, (10.0, 1.0))
    stored = gateway.stored()
    for one in [*nodes, node]:
        sequences = stored.get(one.boot, [])
        assert sequences == sorted(set(sequences)), "in order, and none twice"
        assert one.acknowledged <= set(sequences), "all that was acknowledged"


def test_events_that_a_node_had_no_room_for_are_counted_as_lost(tmp_path):
    gateway, node = Killable(tmp_path / "gateway.db"), Simulated(0, KEY, APPS[0], CALM, 0.0, 1, (10.0, 1.0))
    first = [data for _ in range(3) for data in node.happens(0.0)[0]]
    for data in first:
        gateway.takes(data)
    gateway.commit()
    for _ in range(KEPT + 5):  # none of them arrives
        node.happens(1.0)
    for data in node.again(100.0):
        gateway.takes(data)
    gateway.commit()
    assert gateway.node.lost == 5 and len(node.forgotten) == 8  # three of these it had
    assert len(gateway.stored()[1]) == 3 + KEPT


def test_a_run_whose_name_is_asked_for_again_goes_on_where_it_was(tmp_path):
    """As behind a line that was disturbed: the node keeps its events if it has not heard that they are stored."""
    gateway, node = Killable(tmp_path / "gateway.db"), Simulated(0, KEY, APPS[0], CALM, 0.0, 1, (10.0, 1.0))
    sent = [data for _ in range(3) for data in node.happens(0.0)[0]]
    for data in sent:
        gateway.takes(data)
    gateway.commit()
    gateway.node.boot = None
    gateway.intake.named(gateway.node, node.boot, 0)
    for data in sent:
        gateway.intake.frame(gateway.node, opened(data, KEY, UP).frame)
    gateway.commit()
    assert gateway.stored() == {node.boot: [0, 1, 2]} and gateway.node.lost == 0


def test_what_is_stored_while_the_name_of_a_run_is_asked_for_again_is_committed(tmp_path):
    gateway, node = Killable(tmp_path / "gateway.db"), Simulated(0, KEY, APPS[0], CALM, 0.0, 1, (10.0, 1.0))
    for data in node.happens(0.0)[0]:
        gateway.takes(data)
    gateway.node.boot = None
    gateway.commit()
    gateway.intake.named(gateway.node, node.boot, 0)
    assert gateway.node.committed == gateway.node.next == 1


def test_events_that_are_forgotten_while_others_wait_to_be_stored_count_as_committed_with_them(tmp_path):
    gateway, node = Killable(tmp_path / "gateway.db"), Simulated(0, KEY, APPS[0], CALM, 0.0, 1, (10.0, 1.0))
    for data in node.happens(0.0)[0]:
        gateway.takes(data)
    gateway.intake.named(gateway.node, node.boot, 4)
    gateway.intake.named(gateway.node, node.boot, 6)
    assert (gateway.node.committed, gateway.node.next, gateway.node.lost) == (0, 6, 5)
    gateway.commit()
    assert gateway.node.committed == gateway.node.next == 6


def test_a_clock_that_drifts_is_put_to_the_least_delay():
    chance, clock, wrong = Random(1), Clock(), []
    for second in range(0, 3600, 3):
        happened_us = 1_000_000 * second
        device_us = int(happened_us * (1 + 50e-6)) + 7_000_000
        arrived_us = happened_us + int(20_000 + 1e6 * chance.expovariate(20))
        wrong.append(clock.unix_us(device_us, arrived_us) - happened_us)
    assert max(map(abs, wrong[30:])) < 60_000  # 20 ms are the least delay, 12 ms the drift of two periods
