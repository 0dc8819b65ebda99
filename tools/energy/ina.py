"""INA219, INA226 or INA228 on a second board that runs apps/power_logger: it measures current and voltage of a device
that something else supplies. Its mark input is logic input 0.
"""

from __future__ import annotations

from ml.errors import UserError
from ml.link.device import Device
from ml.link.messages import Command, Info, Stream
from ml.link.session import Data
from tools.energy.ina_rows import Decoder, Totals
from tools.energy.meter import Samples, join

APP = "power_logger"
BAUD = 921_600  # of boards with a serial adapter; USB takes no notice
WAIT_S = 0.05
LEAST_RATE_MHZ = 1000
COLUMNS = ("current", "bus", "mark", "clipped")


class Ina:
    """See tools/energy/meter.py. `rate_hz` is nominal at first, then as the logger's clock tells it."""

    def __init__(self, port: str) -> None:
        self.device = Device.open(port, APP, baud=BAUD)
        try:
            self._streams = _streams(self.device.info, port)
        except BaseException:
            self.device.close()
            raise
        stream = self._streams[0]
        self.name = f"{stream.name.upper()} at {port}"
        self._scale = tuple(1 / channel.per_unit for channel in stream.channels[:2])
        self._decoder = Decoder(stream.rate_mhz / 1000)
        self._totals = Totals()
        self._before = self._lost()

    @property
    def rate_hz(self) -> float:
        return self._decoder.rate_hz

    @property
    def voltage_v(self) -> float:
        """Mean so far."""
        return self._decoder.voltage_v

    def start(self) -> None:
        for stream in self._streams:
            self.device.start(stream.id)

    def read(self) -> Samples:
        parts = [self._taken(arrival.time_us, arrival.message) for arrival in self.device.arrivals(WAIT_S)]
        if self.device.session.restarts:
            raise UserError(f"{self.name}: expected the logger to keep running, found that it restarted; measure again")
        return join([part for part in parts if part is not None])

    def _taken(self, time_us: int, message: object) -> Samples | None:
        if not isinstance(message, Data):
            return None
        known = next((stream for stream in self._streams if stream.id == message.stream.id), None)
        if known is None:
            return None
        if (message.stream.format, message.stream.channels) != (known.format, known.channels):
            raise UserError(
                f"{self.name}: expected the streams of before, found others; reset the logger, measure again"
            )
        if message.stream.id != self._streams[0].id:
            self._totals.add(time_us, message.samples)
            return None
        current, bus, mark, clipped = message.samples.T
        current, bus = current * (self._scale[0] * 1e-6), bus * self._scale[1]
        return self._decoder.feed(time_us, message.lost, current, bus, mark, clipped)

    def stop(self) -> None:
        for stream in self._streams:
            self.device.stop(stream.id)
        self.device.command(Command.GET_INFO)

    def _lost(self) -> tuple[int, int]:
        """Samples that the chip overwrote, frames that found no room; since the logger's start."""
        now = next(
            (stream for stream in self.device.info.streams if stream.id == self._streams[0].id), self._streams[0]
        )
        return now.lost, now.dropped

    def notes(self) -> list[str]:
        overwritten, dropped = (now - before for now, before in zip(self._lost(), self._before, strict=True))
        decoder = self._decoder
        found = [
            (overwritten, "samples, about, were overwritten in the chip before the logger read them"),
            (dropped, "frames of samples found no room on the link"),
            (decoder.clipped, "samples lie at the end of the chip's range: the current was larger than said"),
        ]
        texts = [f"{count} {text}" for count, text in found if count]
        summed = self._totals.compared(decoder)
        return [*texts, f"by the logger's clock {decoder.rate_hz:.2f} samples a second", *([summed] if summed else [])]

    def close(self) -> None:
        self.device.close()


def _streams(info: Info, port: str) -> list[Stream]:
    """That of the samples and, of an INA228, that of its sums."""
    found = [stream for stream in info.streams if stream.format == "int32"]
    if not found:
        raise UserError(
            f"{port}: expected an INA219, INA226 or INA228 on the logger's I2C bus, found none; check its wiring, its "
            "supply and its address, then reset the logger"
        )
    names = tuple(channel.name for channel in found[0].channels)
    if names != COLUMNS or found[0].rate_mhz < LEAST_RATE_MHZ:
        columns = f"{', '.join(COLUMNS)}, at {LEAST_RATE_MHZ / 1000:g} Hz or more"
        said = f"{', '.join(names)}, at {found[0].rate_mhz / 1000:g} Hz"
        raise UserError(f"{port}: expected the columns {columns}, found {said}; flash it anew")
    return found
