"""The kinds of programs around a model. A header tells its kind by the settings of front ends that it holds."""

from __future__ import annotations

from dataclasses import dataclass

FRONT = ("decide/decide.h", "decide/gate.h")


@dataclass(frozen=True)
class Kind:
    """What stands around a model, and what the templates of that name need to know."""

    name: str  # of the templates: <name>.h.j2, <name>.c.j2, <name>.signal.j2
    about: str
    includes: tuple[str, ...]  # of lib, by the C that surrounds the model
    needs: tuple[tuple[str, str], ...] = ()  # (C type, variable behind the model's name): settings that must be there
    rate: str = ""  # which of them says the rate: a number of the settings, in millihertz after `times`
    times: int = 1
    rates: str = ""  # what init says about the sensor's rate
    seconds: int = 10  # that the example goes on

    @property
    def pipeline(self) -> bool:
        """Samples go in and events come out."""
        return bool(self.needs)


DECIDE, GATE = ("decide_config", "_decide"), ("gate_config", "_gate")
KINDS = (
    Kind(
        "motion",
        "from samples of an accelerometer and a gyroscope to the names of movements.",
        (*FRONT, "frontend/imu.h", "nn/model.h"),
        (("imu_config", "_frontend"), GATE, DECIDE),
        rate="rate, millihertz",
        rates="Samples of any rate are brought to the model's own.",
    ),
    Kind(
        "impact",
        "from samples of an accelerometer to impacts that mean something.",
        (*FRONT, "frontend/impact.h", "nn/model.h"),
        (("impact_config", "_frontend"), GATE, DECIDE),
        rate="rate, millihertz",
        rates="Samples of any rate are brought to the model's own.",
    ),
    Kind(
        "sound",
        "from sound to words.",
        (*FRONT, "frontend/logmel.h", "nn/model.h", "nn/stream.h", "spotter/spotter.h"),
        (("logmel_config", "_frontend_config"), ("spotter_config", "_spotter"), ("nn_stream", "_stream"), DECIDE),
        rate="rate_hz",
        times=1000,
        rates="Only sound of the model's rate will do.",
    ),
    Kind(
        "machine",
        "from the vibration of a machine to events when it is not as usual.",
        ("anomaly/detector.h", "anomaly/machine.h", "decide/decide.h", "frontend/imu.h", "frontend/vibration.h"),
        (
            ("vibration_config", "_frontend_config"),
            ("machine_config", "_machine"),
            ("anomaly_config", "_detector"),
            DECIDE,
        ),
        rate="rate_mhz",
        rates="Samples of a faster sensor are brought to the model's rate.",
        seconds=60,
    ),
)
NETWORK = Kind("network", "a neural network.", ("nn/model.h",))
