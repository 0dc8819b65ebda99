"""Bytes a second into the microphone of the virtual boards and out of their consoles: python -m tests.board.speed

Both ways into the board: through memory, and over the line alone (docs/sensor_bus.md).
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from ml.link.sensor_bus import Track
from tests.platform.bench import PROBES, Bench

RATE_HZ = 16_000
SECONDS = {True: 120, False: 10}  # of recording: through memory, over the line
MEGABYTE = 1 << 20


def into_microphone(bench: Bench, board: str, shares: bool) -> float:
    """kB/s of host time."""
    pcm = np.random.default_rng(1).integers(-3000, 3000, RATE_HZ * SECONDS[shares]).astype(np.int16)
    with bench.running(f"mic-{board}"), bench.player(f"mic-{board}") as player:
        if not shares:
            player.memory = None
        player.play({"mic": Track(pcm[:RATE_HZ], RATE_HZ * 1000)})  # attached, as the first time takes up to a second
        started = time.monotonic()
        player.play({"mic": Track(pcm, RATE_HZ * 1000)})
        return pcm.nbytes / (time.monotonic() - started) / 1000


def out_of_console(bench: Bench, board: str) -> float:
    with bench.running(f"probe-{board}") as console:
        console.send("m")
        received, started = len(console.more()), time.monotonic()
        while received < MEGABYTE:
            received += len(console.more())
        return received / (time.monotonic() - started) / 1000


def main() -> None:
    PROBES["mic"] = f"-DPROBE_MIC={1 << 30}"  # without a report
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        try:
            for board in ("virtual", "host"):
                for shares in (True, False) if board == "virtual" else (False,):
                    way = "through memory" if shares else "over the line"
                    speed = into_microphone(bench, board, shares)
                    print(f"{board}: {speed:,.0f} kB/s into the microphone, {way}: {speed / 32:.1f} times real time")
                print(f"{board}: {out_of_console(bench, board):,.0f} kB/s out of the console")
        finally:
            bench.stop()


if __name__ == "__main__":
    main()
