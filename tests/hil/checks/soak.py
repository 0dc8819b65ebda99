"""An application that runs on and on: the clock keeps step with the sensor, nothing is late, nothing grows.

A virtual board hears a recording over and over as fast as it can: an hour of its time takes minutes or seconds of the
host's. A real board hears what there is, in real time.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from ml.link.device import Device
from ml.link.messages import Info, Telemetry
from ml.link.sensor_bus import Player, Track
from ml.link.session import Arrival
from tests.hil.checks import waiting
from tests.hil.checks.memory import arena_fits, stack_fits
from tests.hil.checks.waiting import awaited, described, emulated
from tests.hil.truths import Truth

SETTLED = 0.25  # of the time, after which no mark moves any more
WINDOWS_OFF = 2  # more or fewer than the clock says, on a board whose sensor is exact
RATE_OFF = 0.10  # a real sensor's against what it declares
DRIFT = 0.01  # of a real sensor's rate, from the first half to the second
STEP_S = 0.05


@dataclass
class Soak:
    """What was heard."""

    telemetry: list[Telemetry] = field(default_factory=list)  # once a second of device time
    restarts: int = 0
    damaged: int = 0
    lost: int = 0  # frames
    lines: list[str] = field(default_factory=list)

    def hear(self, arrival: Arrival) -> None:
        if isinstance(arrival.message, Telemetry):
            self.telemetry.append(arrival.message)
        elif isinstance(arrival.message, str):
            self.lines.append(arrival.message)

    def end(self, device: Device) -> "Soak":
        session = device.session
        self.restarts, self.damaged, self.lost = session.restarts, session.damaged, sum(session.lost.values())
        return self

    @property
    def seconds(self) -> float:
        return (self.telemetry[-1].uptime_us - self.telemetry[0].uptime_us) / 1e6


def played_for(device: Device, player: Player, truth: Truth, seconds: float) -> Soak:
    """Of a virtual board's time, from a restart on."""
    stream, soak, begun = truth.stream, Soak(), False
    count = round(seconds * stream.rate_mhz / 1000)
    tracks = {stream.sensor: Track(np.resize(stream.samples, (count, stream.samples.shape[1])), stream.rate_mhz)}
    described(device)  # younger session info than this is that of a board that has restarted
    with ThreadPoolExecutor(1) as executor:
        playing = executor.submit(player.play, tracks, restart=True, silence_s=waiting.PATIENCE_S)
        while not playing.done():
            for arrival in device.arrivals(STEP_S):
                soak.hear(arrival)
                if isinstance(arrival.message, Info) and not begun:  # that of `play`, and what was before it
                    begun = _afresh(device, soak)
        assert playing.result() == 0, "samples were lost"
    return soak.end(device)


def _afresh(device: Device, soak: Soak) -> bool:
    """Forgets what came before the board restarted; false: it has not."""
    session = device.session
    if session.restarts == 0:
        return False
    session.restarts, soak.telemetry, soak.lines = 0, [], []
    session.lost.clear()
    return True


def listened_for(device: Device, seconds: float) -> Soak:
    """Of real time."""
    soak = Soak()
    awaited(device, Info)
    device.session.lost.clear()  # nobody listened before
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for arrival in device.arrivals(STEP_S):
            soak.hear(arrival)
    return soak.end(device)


def nothing_is_lost(soak: Soak) -> None:
    last, first = soak.telemetry[-1], soak.telemetry[0]
    late = (last.missed - first.missed, last.overruns - first.overruns, last.dropped - first.dropped)
    assert late == (0, 0, 0), f"expected nothing late, found missed deadlines, overruns, dropped frames {late}"
    trouble = (soak.restarts, soak.damaged, soak.lost, soak.lines)
    assert trouble == (0, 0, 0, []), f"expected an even run, found restarts, damage, lost frames, text {trouble}"


def nothing_grows(soak: Soak, info: Info) -> None:
    """The marks of stack and arena stand still once every path was taken, below what is declared."""
    settled = soak.telemetry[int(SETTLED * len(soak.telemetry)) :]
    stack, arena = ({getattr(one, name) for one in settled} for name in ("stack", "arena"))
    assert len(stack) == 1, f"the stack's mark grows: {min(stack)} to {max(stack)}"
    assert len(arena) == 1, f"the arena's mark grows: {min(arena)} to {max(arena)}"
    stack_fits(stack.pop(), info)
    arena_fits(arena.pop(), info.model.arena)


def keeps_step(soak: Soak, device: Device, truth: Truth) -> None:
    """The device's clock and the windows that it counted."""
    times = np.array([one.uptime_us for one in soak.telemetry]) / 1e6
    windows = np.array([one.windows for one in soak.telemetry])
    running = windows > 0
    times, windows = times[running] - times[running][0], windows[running] - windows[running][0]
    if emulated(device):
        off = windows - times * truth.window_rate_hz
        assert np.abs(off).max() <= WINDOWS_OFF, f"windows and clock are up to {np.abs(off).max():.1f} windows apart"
        return
    found = windows[-1] / times[-1]
    assert abs(found / truth.window_rate_hz - 1) <= RATE_OFF
    half = len(times) // 2
    assert abs(windows[half] / times[half] / found - 1) <= DRIFT + 2 / windows[half], "the rate drifts"


def runs_on(soak: Soak, device: Device, truth: Truth) -> None:
    """All of it."""
    nothing_is_lost(soak)
    nothing_grows(soak, device.info)
    keeps_step(soak, device, truth)
