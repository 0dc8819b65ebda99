#!/usr/bin/env python3
"""A simulated fleet: what a gateway does under load, and in what goes wrong. All of it stays on this computer.

    python tools/fleet.py simulate --nodes 10000 --rate 1000 --seconds 300     # events, outages, drift, replays
    python tools/fleet.py simulate --flood 20000                               # one node floods
    python tools/fleet.py simulate --board virtual                      # a board with the real firmware takes part
    python tools/fleet.py away --seconds 60 --rate 5000                        # the uplink is not there, then it is
    python tools/fleet.py kills --count 100                                    # kill -9 at random moments
    python tools/fleet.py forge --count 1000000                                # datagrams that nobody's key made

Each starts a gateway of its own. Exit status: 0 nothing was lost or came twice, 1 something was, or an error.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ml.cli import Between, run_cli
from ml.errors import UserError
from ml.gateway import keys
from ml.link.port import Port
from ml.progress import echo
from tools.simulated import forging, trials
from tools.simulated.bridge import Bridge
from tools.simulated.trials import Load, Outcome


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def fleet() -> None:
    """Try a gateway with nodes that do not exist."""


def loaded(nodes: int, rate: float, seconds: float, long: str = "How long events come.") -> Callable:
    """The options of a load, with these defaults; `long` says what the seconds are."""

    def add(command: Callable) -> Callable:
        for name, default, most, told in (
            ("--seconds", seconds, 86400.0, long),
            ("--rate", rate, 1e6, "Events a second, of all nodes together."),
        ):
            number = Between(0.01, most)
            command = click.option(name, default=default, type=number, help=told, show_default=True)(command)
        return click.option("--nodes", default=nodes, type=click.IntRange(1, 1_000_000), show_default=True)(command)

    return add


@fleet.command()
@loaded(10_000, 1000.0, 60.0)
@click.option("--flood", default=0.0, type=Between(0, 1e6), help="Datagrams a second of one node.")
@click.option(
    "--board", "boards", multiple=True, metavar="NAME", help="A board that takes part, by a bridge; also several."
)
def simulate(nodes: int, rate: float, seconds: float, flood: float, boards: tuple[str, ...]) -> None:
    """Event streams of the four applications, with outages, drift, lost and repeated datagrams."""
    _tell(trials.load(Load(nodes, rate, seconds, flood, boards=boards)))


@fleet.command()
@click.argument("port")
@click.argument("node", type=int)
@click.option("--keys", "file", required=True, type=click.Path(exists=True, path_type=Path), help="The gateway's keys.")
@click.option("--to", required=True, metavar="HOST:PORT", help="The gateway's [udp].")
def bridge(port: str, node: int, file: Path, to: str) -> None:
    """Carry the frames of a board on a line as datagrams of a node, until Ctrl-C."""
    known, (host, _, number) = keys.read(file), to.rpartition(":")
    if node not in known or not number.isdecimal():
        raise UserError(f"expected a node of {file} and HOST:PORT, found {node} and {to[:60]!r}")
    carried = Bridge(Port(port), known[node], (host, int(number)))
    try:
        while True:
            carried.turn()
    finally:
        carried.close()


@fleet.command()
@loaded(1000, 5000.0, 30.0)
def away(nodes: int, rate: float, seconds: float) -> None:
    """The uplink is away while events come, and is drained then."""
    outcome, drained_s, drained = trials.away(Load(nodes, rate, seconds))
    echo(f"drained        {drained:,} events in {drained_s:.1f} s, {drained / max(drained_s, 1e-3):,.0f} a second")
    _tell(outcome)


@fleet.command()
@loaded(200, 400.0, 1.5, "The longest from a start to a kill.")
@click.option("--count", default=100, show_default=True, type=click.IntRange(1, 100_000), help="Kills.")
@click.option("--seed", default=1, show_default=True)
@click.option("--broker", is_flag=True, help="Every other node by MQTT, through mosquitto.")
def kills(nodes: int, rate: float, seconds: float, count: int, seed: int, broker: bool) -> None:
    """The gateway is killed (SIGKILL) at random moments, and started again."""
    _tell(trials.kills(Load(nodes, rate, seconds), count, seed, broker))


@fleet.command()
@click.option("--count", default=1_000_000, show_default=True, type=click.IntRange(1), help="Attacks.")
@click.option("--seed", default=1, show_default=True)
def forge(count: int, seed: int) -> None:
    """Forged, repeated and changed datagrams, through the gateway's own reader."""
    fates, taken = forging.forge(count, seed)
    for fate, number in sorted(fates.items()):
        echo(f"{fate:28} {number:,}")
    echo(f"{count:,} attacks, {taken} taken")
    sys.exit(1 if taken else 0)


def _tell(outcome: Outcome) -> None:
    for line in outcome.lines():
        echo(line)
    sys.exit(1 if outcome.lost or outcome.twice else 0)


if __name__ == "__main__":
    run_cli(fleet, "fleet.py")
