"""What a gateway is put through: load, a flood, an uplink that is away, and kills."""

from __future__ import annotations

import contextlib
import random
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ml.progress import say
from tools.simulated.bridge import Bridges
from tools.simulated.fleet import Fleet
from tools.simulated.nodes import Weather
from tools.simulated.relay import Relay, mosquitto
from tools.simulated.sink import Sink
from tools.simulated.started import Started, Usage, quantile

DRAIN_S = 300.0
SETTLE_S = 120.0
WEATHER = Weather()


@dataclass(frozen=True)
class Load:
    """`flood`: datagrams a second of one node beside the rest."""

    nodes: int
    rate: float
    seconds: float
    flood: float = 0
    weather: Weather = WEATHER
    boards: tuple[str, ...] = ()  # ports of boards with the real firmware, which take part


@dataclass(frozen=True)
class Outcome:
    """Of a trial. `lost`, `twice`: of the events that were acknowledged."""

    events: int
    acknowledged: int
    forgotten: int
    arrived: int
    lost: int
    twice: int
    repeated: int
    p50_ms: float
    p99_ms: float
    mib: float
    cores: float
    datagrams: dict[str, int]

    def lines(self) -> list[str]:
        return [f"{name.replace('_', ' '):14} {_shown(value)}" for name, value in asdict(self).items()]


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {count:,}" for name, count in value.items() if count)
    return f"{value:,.1f}" if isinstance(value, float) else f"{value:,}"


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def gateway(nodes: int, sink: Sink, more: str = "") -> Iterator[Started]:
    """In a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        ports = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
        started = Started(Path(folder), nodes, sink.url, *ports, more)
        started.start()
        try:
            yield started
        finally:
            started.stop()


def load(given: Load) -> Outcome:
    """So many nodes at that rate for a while; all that they keep is delivered at the end."""
    sink = Sink()
    count = len(given.boards)
    with gateway(given.nodes + count, sink) as started, contextlib.ExitStack() as bridges:
        keys = started.keys[given.nodes :]
        if count:
            told = list(zip(given.boards, keys, strict=True))
            bridges.enter_context(Bridges(told, ("127.0.0.1", started.udp)))
        fleet = Fleet(started.keys[: given.nodes], given.rate, [started.udp], given.weather, given.flood)
        began, before = time.monotonic(), started.usage()
        for now in fleet.run(given.seconds):
            if int(now - began) % 30 == 29:
                say(f"  {now - began:4.0f} s: {fleet.events:,} events, {fleet.waiting:,} not acknowledged yet")
        seconds, after, figures = time.monotonic() - began, started.usage(), started.figures()
        fleet.settle(SETTLE_S)
        drain(started, sink, fleet)
        for port, key in zip(given.boards, keys, strict=True):
            events = sum(len(seen) for (name, _), seen in sink.ledger.seen.items() if name == key.name)
            say(f"  {key.name}, the board at {port}: {events} events arrived")
        outcome = judge(fleet, sink, figures, after, (after.cpu_s - before.cpu_s) / seconds)
        fleet.close()
    sink.close()
    return outcome


def away(given: Load) -> tuple[Outcome, float, float]:
    """The uplink is not there while events come, then it is; also seconds and events of the drain."""
    port = free_port(socket.SOCK_STREAM)
    gone = Sink(port)
    gone.close()
    with gateway(given.nodes, gone) as started:
        fleet = Fleet(started.keys, given.rate, [started.udp], given.weather)
        before, began = started.usage(), time.monotonic()
        for _ in fleet.run(given.seconds):
            pass
        fleet.settle(SETTLE_S)
        seconds, kept = time.monotonic() - began, int(started.figures()["thimble_events_stored_total"])
        sink = Sink(port)
        while not sink.ledger.taken:
            time.sleep(0.01)
        began, first = time.monotonic(), sink.ledger.taken
        while sink.ledger.taken < kept and time.monotonic() - began < DRAIN_S:
            time.sleep(0.01)
        drained_s, figures, after = time.monotonic() - began, started.figures(), started.usage()
        drained = sink.ledger.taken - first
        outcome = judge(fleet, sink, figures, after, (after.cpu_s - before.cpu_s) / seconds)
        fleet.close()
    sink.close()
    return outcome, drained_s, drained


def kills(given: Load, count: int, seed: int, broker: bool = False) -> Outcome:
    """The gateway is killed at random moments while events come, and started again. `broker`: those of every other node
    come by MQTT."""
    sink, chance = Sink(), random.Random(seed)
    with contextlib.ExitStack() as stack:
        port, relays = free_port(socket.SOCK_STREAM), []
        if broker:
            stack.enter_context(mosquitto(port))
            relays.append(stack.enter_context(Relay(port)).port)
        started = stack.enter_context(gateway(given.nodes, sink, f"[mqtt_in]\nport = {port}\n" if broker else ""))
        fleet = Fleet(started.keys, given.rate, [started.udp, *relays], given.weather)
        for number in range(count):
            for _ in fleet.run(chance.uniform(0.05, given.seconds)):
                pass
            started.kill()
            started.start()
            if number % 10 == 9:
                say(f"  {number + 1} kills: {fleet.events:,} events, {sink.ledger.taken:,} arrived")
        fleet.settle(SETTLE_S)
        drain(started, sink, fleet)
        outcome = judge(fleet, sink, started.figures(), started.usage(), 0.0)
        fleet.close()
    sink.close()
    return outcome


def drain(started: Started, sink: Sink, fleet: Fleet) -> None:
    """Until the gateway has handed on all that was acknowledged."""
    end = time.monotonic() + DRAIN_S
    while sink.ledger.taken < sum(len(node.acknowledged) for node in fleet.nodes) and time.monotonic() < end:
        time.sleep(0.05)


def judge(fleet: Fleet, sink: Sink, figures: dict[str, float], usage: Usage, cores: float) -> Outcome:
    """What was acknowledged, beside what came."""
    ledger = sink.ledger
    acknowledged = {(f"n{node.number}", node.boot): node.acknowledged for node in fleet.nodes}
    lost = sum(len(sequences - ledger.seen[run]) for run, sequences in acknowledged.items())
    fates = {
        name.partition('fate="')[2].rstrip('"}'): int(value)
        for name, value in figures.items()
        if name.startswith("thimble_datagrams_total")
    }
    return Outcome(
        fleet.events,
        sum(map(len, acknowledged.values())),
        fleet.forgotten,
        ledger.taken,
        lost,
        ledger.twice,
        ledger.repeated,
        1000 * quantile(figures, 0.5),
        1000 * quantile(figures, 0.99),
        usage.mib,
        cores,
        fates,
    )
