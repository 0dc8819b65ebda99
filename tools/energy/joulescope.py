"""Joulescope JS110 and JS220, through their maker's driver (package pyjoulescope_driver, Apache-2.0).

Written from the driver's documentation and sources (2.2.12); no such meter was at hand. It does not supply the device:
it measures voltage and current of one that something else supplies. General-purpose input 0 marks the windows.

A callback is unsubscribed by the very object that was subscribed, which a bound method is only once it is kept. The two
models choose their current range by different topics. One-bit signals come packed, eight to a byte. `sample_id` counts
at `sample_rate`, before `decimate_factor`.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import numpy as np

from ml.errors import UserError
from tools.energy.lanes import Lanes
from tools.energy.meter import NOTHING, Samples

WAIT_S = 0.02
SIGNALS = {"i": np.nan, "v": np.nan, "gpi/0": 0.0}
RANGE = {"js110": "s/i/range/select", "js220": "s/i/range/mode"}  # "auto"


class Joulescope:
    """See tools/energy/meter.py. `place` is part of the device's path, such as its serial number; "": the only one."""

    rate_hz = 1e6  # JS220; a JS110 says 2e6 with its first block

    def __init__(self, place: str) -> None:
        try:
            from pyjoulescope_driver import Driver  # noqa: PLC0415  # pyright: ignore[reportMissingImports] - its owners have it
        except ImportError:
            raise UserError(
                "expected the package pyjoulescope_driver, found none; install it: pip install pyjoulescope_driver"
            ) from None
        self._driver = Driver()
        self._callback = self._on_data
        self._lanes = Lanes(SIGNALS)
        self._volts = (0.0, 0)
        self.path = self._only(place)
        self.name = f"Joulescope {self.path}"
        try:
            with self._errors():
                self._driver.open(self.path, mode="defaults")
                self._driver.publish(f"{self.path}/{self._range()}", "auto", timeout=1.0)
        except BaseException:
            self._driver.finalize()
            raise

    def _range(self) -> str:
        return next((topic for model, topic in RANGE.items() if model in self.path), RANGE["js220"])

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """The driver raises RuntimeError and TimeoutError, with the topic in their text."""
        try:
            yield
        except (RuntimeError, TimeoutError) as error:
            raise UserError(
                f"{self.name}: expected it to obey, found: {error}; close other programs that use it, plug it in anew"
            ) from None

    def _only(self, place: str) -> str:
        found = [path for path in self._driver.device_paths() if place in path]
        if len(found) != 1:
            seen = ", ".join(found) or "none"
            self._driver.finalize()
            raise UserError(f"expected one Joulescope, found {seen}; plug it in, or name it: --meter joulescope@SERIAL")
        return found[0]

    @property
    def voltage_v(self) -> float:
        """Mean so far."""
        total, count = self._volts
        return total / count if count else float("nan")

    def start(self) -> None:
        with self._errors():
            for signal in SIGNALS:
                self._driver.subscribe(f"{self.path}/s/{signal}/!data", ["pub"], self._callback)
                self._driver.publish(f"{self.path}/s/{signal}/ctrl", 1, timeout=1.0)

    def _on_data(self, topic: str, value: dict) -> None:
        signal = topic.removeprefix(f"{self.path}/s/").removesuffix("/!data")
        factor = value["decimate_factor"]
        self.rate_hz = value["sample_rate"] / factor
        data = np.asarray(value["data"])
        if signal.startswith("gpi"):
            data = np.unpackbits(data.view(np.uint8), bitorder="little")
        self._lanes.add(signal, value["sample_id"] // factor, data)

    def read(self) -> Samples:
        taken = self._lanes.take()
        if not taken:
            time.sleep(WAIT_S)
            return NOTHING
        total, count = self._volts
        known = taken["v"][~np.isnan(taken["v"])]
        self._volts = (total + float(known.sum()), count + len(known))
        return Samples(taken["i"], taken["gpi/0"].astype(np.uint8))

    def stop(self) -> None:
        with self._errors():
            for signal in SIGNALS:
                self._driver.publish(f"{self.path}/s/{signal}/ctrl", 0, timeout=1.0)
                self._driver.unsubscribe(f"{self.path}/s/{signal}/!data", self._callback)

    def notes(self) -> list[str]:
        return []

    def close(self) -> None:
        with contextlib.suppress(RuntimeError, TimeoutError):  # it may be gone
            self._driver.close(self.path)
        self._driver.finalize()
