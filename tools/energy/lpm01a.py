"""ST X-NUCLEO-LPM01A ("PowerShield"): supplies the device under test, up to 50 mA, and measures its current.

USB serial port at 3,686,400 baud; text commands, each answered by `ack <command>` or `error <command>`. Measured in its
decimal format, which goes up to 10,000 samples a second. Source: ST UM2243; the runner published with MLPerf Tiny.
"""

from __future__ import annotations

import contextlib
import time

from ml.errors import UserError
from ml.link.port import Port
from tools.energy.lpm01a_lines import Decoder
from tools.energy.meter import Samples

USB = (0x0483, 0x5740)
BAUD = 3_686_400
RATES_HZ = (10_000, 5_000, 2_000, 1_000, 500, 200, 100)
LOWEST_V, HIGHEST_V = 1.8, 3.3
ANSWER_S = 2.0


class Lpm01a:
    """See tools/energy/meter.py. Its trigger input D7 marks the windows."""

    def __init__(self, port: str, voltage_v: float, rate_hz: int = RATES_HZ[0]) -> None:
        if not LOWEST_V <= voltage_v <= HIGHEST_V:
            raise UserError(f"expected a supply of {LOWEST_V}..{HIGHEST_V} V for an LPM01A, found {voltage_v} V")
        if rate_hz not in RATES_HZ:
            raise UserError(f"expected a rate of {', '.join(map(str, RATES_HZ))} Hz for an LPM01A, found {rate_hz} Hz")
        self.name, self.voltage_v, self.rate_hz = f"LPM01A at {port}", voltage_v, float(rate_hz)
        self.port = Port(port, baud=BAUD)
        self.decoder = Decoder(self.rate_hz)
        try:
            self._set_up(round(voltage_v * 1000), rate_hz)
        except BaseException:
            self.port.close()
            raise

    def _set_up(self, millivolts: int, rate_hz: int) -> None:
        self._command("htc")
        for setting in (
            "acqtime inf",
            "acqmode dyn",
            "trigsrc sw",
            "trigdelay 0",
            "eventsrc d7 fal",
            "output current",
            "format ascii_dec",
            f"freq {rate_hz}",
            f"volt {millivolts}m",
            "pwr on nostatus",
        ):
            self._command(setting)

    def _command(self, text: str) -> None:
        self.port.write(text.encode() + b"\n")
        found, deadline = b"", time.monotonic() + ANSWER_S
        while f"ack {text}".encode() not in found:
            if f"error {text}".encode() in found:
                raise UserError(f"{self.port.name}: expected the LPM01A to take {text!r}, found it refused")
            if time.monotonic() > deadline:
                raise UserError(
                    f"{self.port.name}: expected an LPM01A to answer {text!r}, found {len(found)} bytes of something "
                    "else; is it the right port?"
                )
            found = (found + self.port.read())[-4096:]

    def start(self) -> None:
        self.port.write(b"start\n")

    def read(self) -> Samples:
        return self.decoder.feed(self.port.read())

    def stop(self) -> None:
        self.port.write(b"stop\n")
        deadline = time.monotonic() + ANSWER_S
        found = b""
        while b"Acquisition completed" not in found and time.monotonic() < deadline:
            found = (found + self.port.read())[-4096:]

    def notes(self) -> list[str]:
        damaged = self.decoder.damaged
        return [f"{damaged} lines of the meter were damaged"] if damaged else []

    def close(self) -> None:
        with contextlib.suppress(UserError):  # it may be gone
            self.port.write(b"pwr off\n")
            self.port.write(b"hrc\n")
        self.port.close()
