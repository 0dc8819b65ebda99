"""The host's side of the MLPerf Tiny protocol (docs/mlperf.md): one command at a time, each answered by lines up to
`m-ready`."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from ml.errors import UserError
from ml.link.port import BAUD, Port

READY = "m-ready"
ANSWER_S, INFER_S = 5.0, 30.0  # as the published runner waits; --timeout for slow boards
NAME = r"m-name-dut-\[([^]]+)]"
BYTES = 31  # in a `db` command: 64 characters of buffer are the least a device has
MOST_ANSWER = 1 << 20  # bytes
TYPES = ("int8", "uint8", "float32")  # as mlperf_input counts them


@dataclass(frozen=True)
class Inside:
    """The model of a device, as `model` tells it."""

    hash: str  # first 16 digits of the SHA-256 of its .tflite
    layers: int
    input: str  # int8, uint8 or float32: what `load` takes


@dataclass(frozen=True)
class Inference:
    """What `infer` came to."""

    results: tuple[float, ...]
    microseconds: int  # between the two time stamps, for all iterations; 0 in energy mode


class Bench:
    """A device that runs apps/inference_bench, or any other that speaks the protocol."""

    def __init__(self, port: str, baud: int = BAUD, timeout_s: float = INFER_S) -> None:
        self.port = Port(port, "inference_bench", baud)
        self.timeout_s = timeout_s
        self._rest = b""
        try:
            self.name = self._settle()
            self.model = self._one(self.command("profile"), r"m-model-\[([\w-]{1,31})]", "profile")
            self.energy = not _stamps(self.command("timestamp"))  # the time is then told by a pin
        except BaseException:
            self.port.close()
            raise

    def _settle(self) -> str:
        """The device's name. The request ends what stands half-written in the device's buffer. Its answer says that all
        before it was for others: an error of that half, the greeting of a device that greets when its port opens."""
        self.port.write(b"%")
        lines = self._exchange("name", ANSWER_S, NAME)
        return self._one(lines, NAME, "name")

    def command(self, text: str, timeout_s: float = ANSWER_S) -> list[str]:
        """Lines before `m-ready`. An `e-[...]` is an error."""
        lines = self._exchange(text, timeout_s)
        lines = lines[: lines.index(READY)]
        wrong = [line for line in lines if line.startswith("e-[")]
        if wrong:
            raise UserError(f"{self.port.name}: expected {text[:20]!r} to work, found {wrong[0]}")
        return lines

    def _exchange(self, text: str, timeout_s: float, after: str = "") -> list[str]:
        """Lines before the `m-ready` that follows a line of the pattern `after`."""
        self.port.write(text.encode() + b"%")
        lines: list[str] = []
        deadline, received = time.monotonic() + timeout_s, 0
        while not _is_answered(lines, after):
            data = self.port.read()
            received += len(data)
            *whole, self._rest = (self._rest + data).split(b"\n")
            lines += [line.decode("ascii", "replace").strip() for line in whole]
            if time.monotonic() > deadline or received > MOST_ANSWER:
                raise UserError(
                    f"{self.port.name}: expected an answer to {text[:20]!r} that ends with {READY}, found "
                    f"{received} bytes without it in {timeout_s:g} s; is inference_bench flashed, and --baud its own?"
                )
        return lines

    def load(self, data: bytes) -> None:
        """Fills the device's input."""
        self.command(f"db load {len(data)}")
        lines: list[str] = []
        for at in range(0, len(data), BYTES):
            lines = self.command(f"db {data[at : at + BYTES].hex()}")
        if "m-load-done" not in lines:
            raise UserError(f"{self.port.name}: expected m-load-done after {len(data)} bytes, found {lines}; reset it")

    def inside(self) -> Inside:
        """UserError from firmware without these commands, which are ours and not the benchmark's."""
        lines = self.command("model")
        hash_ = self._one(lines, r"m-hash-\[([0-9a-f]{16})]", "model")
        layers, kind = (int(self._one(lines, rf"m-{name}-(\d{{1,5}})", "model")) for name in ("layers", "input"))
        if kind >= len(TYPES):
            raise UserError(f"{self.port.name}: expected m-input-0 to {len(TYPES) - 1}, found {kind}; flash it")
        return Inside(hash_, layers, TYPES[kind])

    def layer(self, number: int) -> tuple[int, int]:
        """Runs a layer: bytes of its output, and their CRC-32. Layer 0 begins with what `load` filled."""
        lines = self.command(f"layer {number}", self.timeout_s)
        size, crc = self._one(lines, rf"m-layer-{number}-(\d{{1,8}}-[0-9a-f]{{8}})", f"layer {number}").split("-")
        return int(size), int(crc, 16)

    def infer(self, iterations: int, warmups: int) -> Inference:
        lines = self.command(f"infer {iterations} {warmups}", self.timeout_s)
        results = self._one(lines, r"m-results-\[([^]]*)]", "infer")
        return Inference(_numbers(self.port.name, results), self._between(_stamps(lines)))

    def _between(self, stamps: list[int]) -> int:
        if self.energy:
            return 0
        if len(stamps) != 2:
            raise UserError(f"{self.port.name}: expected two time stamps, found {len(stamps)}; reset the board")
        return (stamps[1] - stamps[0]) % 2**32

    def _one(self, lines: list[str], pattern: str, command: str) -> str:
        for line in lines:
            if match := re.fullmatch(pattern, line):
                return match[1]
        raise UserError(f"{self.port.name}: expected the answer to {command!r}, found {lines[:3]}; is it a benchmark?")

    def close(self) -> None:
        self.port.close()


def _stamps(lines: list[str]) -> list[int]:
    return [int(match[1]) for line in lines if (match := re.fullmatch(r"m-lap-us-(\d{1,10})", line))]


def _numbers(port: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(value) for value in text.split(",") if value)
    except ValueError:
        raise UserError(f"{port}: expected numbers as results, found {text[:60]!r}; reset the board") from None


def _is_answered(lines: list[str], after: str) -> bool:
    began = next((number for number, line in enumerate(lines) if re.fullmatch(after, line)), None) if after else 0
    return began is not None and READY in lines[began:]
