"""How a board is reset over DTR and RTS, as far as that can be seen without one."""

import serial

from tools.rig import reset


class Watched:
    """A port that keeps what its lines did."""

    def __init__(self) -> None:
        object.__setattr__(self, "steps", [])
        object.__setattr__(self, "port", serial.serial_for_url("loop://"))

    def __setattr__(self, line: str, level: bool) -> None:
        setattr(self.port, line, level)
        self.steps.append((line, level))


def esp32_runs(steps: list[tuple[str, bool]]) -> list[str]:
    """What an ESP32 with the usual two transistors does at each step: EN is low while RTS alone is active."""
    lines, states = {"dtr": True, "rts": True}, []
    for line, level in steps:
        lines[line] = level
        if lines["rts"] and not lines["dtr"]:
            states.append("held")
        elif states and states[-1] == "held":
            states.append("boot loader" if lines["dtr"] and not lines["rts"] else "application")
    return states


def test_an_esp32_is_held_in_reset_and_then_starts_its_application():
    port = Watched()
    reset.pulse(port)
    assert esp32_runs(port.steps) == ["held", "held", "application"]


def test_an_arduino_sees_dtr_become_active_once():
    port = Watched()
    reset.pulse(port)
    levels = [level for line, level in port.steps if line == "dtr"]
    assert levels == [False, True]
    assert (port.port.dtr, port.port.rts) == (True, True)  # as pyserial leaves an open port
