"""tools/energy/joulescope.py against a driver that keeps to the rules of the real one: no such meter is at hand."""

import sys
import threading
import types
from typing import ClassVar

import numpy as np
import pytest

from ml.errors import UserError
from tools.energy.measure import measure

RATE, FACTOR, BLOCK = 2_000_000, 2, 4096
TOPICS = {"js110": "s/i/range/select", "js220": "s/i/range/mode"}


class Driver:
    """Of one meter. Current is 1 mA, 5 mA while the mark is high; every tenth block of current never comes."""

    devices: tuple[str, ...] = ("u/js220/000001",)
    refuse = ""
    made: ClassVar[list["Driver"]] = []

    def __init__(self):
        self.published, self.subscribed, self.opened, self.finalized = [], {}, None, False
        self.streaming = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        Driver.made.append(self)

    def device_paths(self):
        return list(self.devices)

    def open(self, path, mode=None):
        if self.refuse == "open":
            raise RuntimeError(f"jsdrv_open failed 21 | {path}")
        self.opened = (path, mode)

    def publish(self, topic, value, timeout=None):
        model = self.opened[0].split("/")[1]
        allowed = {f"{self.opened[0]}/s/{signal}/ctrl" for signal in ("i", "v", "gpi/0")}
        if topic not in allowed | {f"{self.opened[0]}/{TOPICS[model]}"}:
            raise RuntimeError(f"jsdrv_publish failed 5 | {topic}")
        self.published.append((topic.removeprefix(self.opened[0] + "/"), value))
        on = sum(1 if value == 1 else -1 for name, value in self.published if name.endswith("ctrl"))
        if on == 3 and not self.thread.is_alive():
            self.streaming.set()
            self.thread.start()
        if on == 0 and self.thread.is_alive():
            self.streaming.clear()
            self.thread.join()

    def subscribe(self, topic, flags, fn, timeout=None):
        assert flags == ["pub"]
        self.subscribed[topic] = fn

    def unsubscribe(self, topic, fn, timeout=None):
        if self.subscribed.pop(topic) is not fn:  # the real one would call freed memory from here on
            raise RuntimeError(f"jsdrv_unsubscribe failed 16 | {topic}")

    def close(self, path):
        self.opened = None

    def finalize(self):
        self.finalized = True

    def _run(self):
        number = 0
        while self.streaming.is_set():
            at = number * BLOCK + np.arange(BLOCK)
            high = at % 100_000 < 20_000
            blocks = {
                "i": np.where(high, 5e-3, 1e-3).astype(np.float32),
                "v": np.full(BLOCK, 3.3, np.float32),
                "gpi/0": np.packbits(high, bitorder="little"),
            }
            for signal, data in blocks.items():
                topic = f"{self.opened[0]}/s/{signal}/!data"
                value = {"sample_id": number * BLOCK * FACTOR, "sample_rate": RATE, "decimate_factor": FACTOR}
                if topic in self.subscribed and (signal != "i" or number % 10 != 9):
                    self.subscribed[topic](topic, value | {"data": data})
            number += 1


@pytest.fixture
def joulescope(monkeypatch):
    """A way to open one, at such a driver."""
    monkeypatch.setitem(sys.modules, "pyjoulescope_driver", types.SimpleNamespace(Driver=Driver))
    monkeypatch.setattr(Driver, "devices", ("u/js220/000001",))
    monkeypatch.setattr(Driver, "refuse", "")
    from tools.energy.joulescope import Joulescope  # noqa: PLC0415 - after the driver is in its place

    return Joulescope


@pytest.mark.parametrize("model", TOPICS)
def test_both_models_are_set_started_and_stopped_as_their_driver_wants(joulescope, monkeypatch, model):
    monkeypatch.setattr(Driver, "devices", (f"u/{model}/000001",))
    meter = joulescope("000001")
    samples = measure(meter, 0.3, lambda done, current: None)
    driver = Driver.made[-1]
    meter.close()
    assert (TOPICS[model], "auto") in driver.published
    assert not driver.subscribed
    assert driver.finalized
    assert meter.rate_hz == RATE / FACTOR
    assert meter.voltage_v == pytest.approx(3.3)
    known = ~np.isnan(samples.current_a)
    assert 0.05 < 1 - known.mean() < 0.15  # what never came is a hole
    assert ((samples.current_a[known] > 3e-3) == (samples.marks[known] == 1)).all()


def test_none_several_and_one_in_use_are_told(joulescope, monkeypatch):
    for devices in ((), ("u/js220/000001", "u/js110/000002")):
        monkeypatch.setattr(Driver, "devices", devices)
        with pytest.raises(UserError, match="expected one Joulescope"):
            joulescope("")
    monkeypatch.setattr(Driver, "devices", ("u/js220/000001",))
    monkeypatch.setattr(Driver, "refuse", "open")
    with pytest.raises(UserError, match="failed 21"):
        joulescope("")
    assert Driver.made[-1].finalized
