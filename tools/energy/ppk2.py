"""Nordic Power Profiler Kit II: supplies the device under test and measures its current 100,000 times a second.

USB serial port; commands are one byte and their arguments, metadata is text that ends with `END`, everything else is
the stream that ppk2_words.py reads. Source: NordicSemiconductor/pc-nrfconnect-ppk, src/device and src/constants.
"""

from __future__ import annotations

import contextlib
import time

from ml.errors import UserError
from ml.link.port import Port
from tools.energy.meter import Samples
from tools.energy.ppk2_words import RATE_HZ, Calibration, Decoder

USB = (0x1915, 0xC00A)
LOWEST_MV, HIGHEST_MV = 800, 5000
METADATA_S = 3.0
QUIET_S = 0.2
MOST_METADATA = 1 << 16  # bytes
CLOCK_SLACK_S = 0.2  # of samples that may still be under way

START, STOP, RUNNING, REGULATOR, MODE, METADATA = 0x06, 0x07, 0x0C, 0x0D, 0x11, 0x19
AMPERE_METER, SOURCE_METER = 1, 2


def regulator(millivolts: int) -> bytes:
    """The command that sets the supply's voltage."""
    if not LOWEST_MV <= millivolts <= HIGHEST_MV:
        raise UserError(f"expected a supply of {LOWEST_MV}..{HIGHEST_MV} mV for a PPK2, found {millivolts} mV")
    return bytes([REGULATOR]) + (millivolts - LOWEST_MV + 32 + 3 * 256).to_bytes(2, "big")


class Ppk2:
    """See tools/energy/meter.py. With `supply` the meter powers the device; without, the current flows through it."""

    rate_hz = float(RATE_HZ)

    def __init__(self, port: str, voltage_v: float, supply: bool = True) -> None:
        self.voltage_v = voltage_v
        self.port = Port(port)
        self.name = f"PPK2 at {port}"
        self._supply = supply
        self._started = 0.0
        self._received = self._missing = 0
        try:
            setting = regulator(round(voltage_v * 1000))
            self.decoder = Decoder(Calibration.parse(self._metadata()), voltage_v)
            self.port.write(bytes([MODE, SOURCE_METER if supply else AMPERE_METER]))
            self.port.write(setting)
            self.port.write(bytes([RUNNING, 1]))
        except BaseException:
            self.port.close()
            raise

    def _metadata(self) -> str:
        self.port.write(bytes([STOP]))
        self._drain()
        self.port.write(bytes([METADATA]))
        found, deadline = b"", time.monotonic() + METADATA_S
        while b"END" not in found:
            if time.monotonic() > deadline or len(found) > MOST_METADATA:
                raise UserError(
                    f"{self.port.name}: expected the calibration of a PPK2, found {len(found)} bytes of something "
                    "else; is it the right port, and is no other program using it?"
                )
            found += self.port.read()
        return found.decode("ascii", "replace")

    def _drain(self) -> None:
        """What is still under way is no answer to the next command."""
        quiet = time.monotonic() + QUIET_S
        deadline = time.monotonic() + METADATA_S
        while time.monotonic() < min(quiet, deadline):
            if self.port.read():
                quiet = time.monotonic() + QUIET_S

    def start(self) -> None:
        self.port.write(bytes([START]))
        self._started = time.monotonic()

    def read(self) -> Samples:
        samples = self.decoder.feed(self.port.read())
        self._received += len(samples)
        return samples

    def stop(self) -> None:
        self._missing = max(0, round((time.monotonic() - self._started - CLOCK_SLACK_S) * RATE_HZ) - self._received)
        self.port.write(bytes([STOP]))
        self._drain()

    def notes(self) -> list[str]:
        """The counter sees a loss modulo 64 samples: what the clock misses beside it is said, too."""
        decoder = self.decoder
        found = [
            (decoder.damaged, "damaged samples repeat the one before them"),
            (decoder.resyncs, "times the stream was out of step and found again"),
            (self._missing, "more samples are missing by this computer's clock than were counted"),
        ]
        return [f"{count} {text}" for count, text in found if count]

    def close(self) -> None:
        with contextlib.suppress(UserError):  # it may be gone, and with it its supply
            self.port.write(bytes([STOP, RUNNING, 0]))
        self.port.close()
