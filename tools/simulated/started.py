"""A gateway as a process of its own, with settings for a simulation."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from ml.errors import UserError
from ml.gateway import keys
from ml.gateway.keys import NodeKey
from ml.link.datagram import KEY
from ml.paths import ROOT

STARTS_S = 60.0


@dataclass(frozen=True)
class Usage:
    """Of a process: the most memory it had, and the seconds of processor that it took."""

    mib: float
    cpu_s: float


class Started:
    """`folder` has its settings, keys and outbox; `more` are lines of gateway.toml."""

    def __init__(self, folder: Path, nodes: int, url: str, udp: int, metrics: int, more: str = "") -> None:
        self.folder, self.udp, self.metrics = folder, udp, metrics
        self.config = folder / "gateway.toml"
        self.keys = [NodeKey(node, os.urandom(KEY), f"n{node}") for node in range(nodes)]
        keys.write(folder / "nodes.keys", self.keys)
        self.config.write_text(
            f'[gateway]\nname = "simulated"\n[nodes]\nrate = 20\nburst = 60\n[udp]\nlisten = "127.0.0.1:{udp}"\n'
            f'[http]\nurl = "{url}"\n[metrics]\nlisten = "127.0.0.1:{metrics}"\n{more}'
        )
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        """Until it answers."""
        command = [sys.executable, ROOT / "tools" / "gateway.py", "--config", self.config]
        with (self.folder / "gateway.log").open("a") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        end = time.monotonic() + STARTS_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.figures()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise UserError(f"expected a gateway that starts, found: {(self.folder / 'gateway.log').read_text()[-300:]}")

    def figures(self) -> dict[str, float]:
        """What it counts, by Prometheus' names."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/metrics", timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}

    def usage(self) -> Usage:
        """Linux only."""
        assert self.process is not None
        own = Path(f"/proc/{self.process.pid}")
        peak = next(line for line in (own / "status").read_text().splitlines() if line.startswith("VmHWM"))
        times = (own / "stat").read_text().rpartition(")")[2].split()
        return Usage(int(peak.split()[1]) / 1024, (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"))

    def kill(self) -> None:
        """As the power going."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """As Ctrl-C."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


def quantile(figures: dict[str, float], share: float) -> float:
    """Of the delay from arrival to commit, in seconds, as Prometheus' histogram_quantile interpolates it."""
    buckets = sorted(
        (float(name.partition('le="')[2].rstrip('"}').replace("+Inf", "inf")), count)
        for name, count in figures.items()
        if name.startswith("thimble_commit_seconds_bucket")
    )
    wanted, below, least = share * buckets[-1][1], 0.0, 0.0
    for bound, count in buckets:
        if count >= wanted:
            return bound if count == below else least + (bound - least) * (wanted - below) / (count - below)
        below, least = count, bound
    return least
