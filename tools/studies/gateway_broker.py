#!/usr/bin/env python3
"""How fast the gateway hands events to mosquitto with QoS 1, and what an event takes in its outbox.

python tools/studies/gateway_broker.py --count 20000
"""

import asyncio
import socket
import sys
import tempfile
import time
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.gateway.broker import Publishing
from ml.gateway.config import Broker, ToBroker
from ml.gateway.outbox import Event, Outbox
from ml.progress import echo
from tools.simulated.relay import mosquitto
from tools.simulated.trials import free_port

BODY = (
    '{"app":"vibration_anomaly","label":"anomalous","class":1,"score":243,"window":812,"latency_us":5120,'
    '"device_us":81204000}'
)


def events(count: int) -> list[Event]:
    """Of a hundred nodes, as the intake makes them."""
    now_us = time.time_ns() // 1000
    return [Event(f"hall-{at % 100}", int(time.time()), 0, at // 100, now_us, now_us, BODY) for at in range(count)]


async def hand_on(outbox: Outbox, port: int) -> tuple[float, float]:
    """Seconds for all of it, and those of the processor."""
    output = Publishing(ToBroker(Broker("127.0.0.1", port, "", None, False), "thimble", "homeassistant"), "north")
    passed, began, before_s = 0, time.monotonic(), time.process_time()
    while rows := outbox.after(passed, output.batch):
        await output.send(rows)
        passed = rows[-1][0]
        outbox.pass_on("mqtt", passed, 0)
    taken = time.monotonic() - began, time.process_time() - before_s
    await output.close()
    return taken


@click.command()
@click.option("--count", default=20_000, show_default=True, type=click.IntRange(100, 10_000_000))
def measure(count: int) -> None:
    """Print both figures."""
    with tempfile.TemporaryDirectory() as folder:
        outbox, port = Outbox(Path(folder) / "o.db", 10_000, ["mqtt"]), free_port(socket.SOCK_STREAM)
        outbox.store(events(count), [], 1)
        outbox._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        echo(f"{(Path(folder) / 'o.db').stat().st_size / count:.0f} bytes of outbox an event")
        with mosquitto(port):
            seconds, busy_s = asyncio.run(hand_on(outbox, port))
    echo(
        f"{count:,} events acknowledged by mosquitto in {seconds:.1f} s: {count / seconds:,.0f} a second, "
        f"{1e6 * busy_s / count:.0f} us of processor each"
    )


if __name__ == "__main__":
    run_cli(measure, "gateway_broker.py")
