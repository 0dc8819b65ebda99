"""Opens the serial port of a board, real or emulated, and says in one line why it does not open."""

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

import serial

from ml.errors import UserError
from ml.paths import ROOT

BAUD = 115_200
READ_TIMEOUT_S = 0.02
WRITE_TIMEOUT_S = 2.0
STUCK_TIMEOUT_S = 0.1  # the next time, of a port that took nothing for so long
READ_AT_ONCE = 4096
MOST_EMPTY_READS = 10  # in a row, of a port that says it has something


class GoneError(UserError):
    """The port was open and is no more: the board was unplugged, flashed or, with USB of its own, restarted."""


def workspace() -> Path:
    """PlatformIO's folder for what it builds and runs; a relative one and `~` are read as PlatformIO reads them."""
    return ROOT / Path(os.environ.get("PLATFORMIO_WORKSPACE_DIR") or ".pio").expanduser()


def virtual_folder() -> Path:
    """Where PlatformIO's uploads leave the running emulators, a folder an environment."""
    return workspace() / "virtual"


def resolve(name: str, app: str | None = None) -> str:
    """What to open: a board (`virtual`) of an application, an environment, a device path or a URL (socket://)."""
    if not name:
        raise UserError("expected the name of a board or port, found nothing; name one (see: pio device list)")
    if "://" in name or _is_a_port(name):
        return name
    environment = f"{app}-{name}" if app and not name.startswith(app) else name
    consoles = {path.parent.name: path for path in virtual_folder().glob("*/console")}
    if environment in consoles:
        return str(consoles[environment])
    matching = [path for env, path in consoles.items() if env.endswith(f"-{name}")]
    if app is None and len(matching) == 1:
        return str(matching[0])
    running = ", ".join(sorted(consoles)) or "none"
    if app is None and matching:
        raise UserError(f"{name}: expected one running virtual board, found more ({running}); name one of these")
    raise UserError(
        f"{name}: expected a serial port or a running virtual board, found neither (running: {running}); "
        f"plug the board in, or start the virtual one with: pio run -e {environment} -t upload"
    )


def _is_a_port(name: str) -> bool:
    """A path, or a file that exists: a folder that has the name of an environment is none. COM3 is Windows' own."""
    path = Path(name)
    return path.is_absolute() or (path.exists() and not path.is_dir()) or bool(re.fullmatch(r"(?i)COM\d+", name))


class Port:
    """Bytes in, bytes out. Nobody else can open the same device meanwhile."""

    def __init__(self, name: str, app: str | None = None, baud: int = BAUD) -> None:
        self.name = name
        self._empty_reads = 0
        target = resolve(name, app)
        with self._errors("open"):
            self.serial = serial.serial_for_url(
                target,
                baudrate=baud,
                timeout=READ_TIMEOUT_S,
                write_timeout=WRITE_TIMEOUT_S,
                exclusive=None if "://" in target else True,
            )
            self.serial.reset_input_buffer()

    def read(self) -> bytes:
        """What has arrived; b"" when nothing does for a moment."""
        with self._errors("read"):
            try:
                data = self.serial.read(min(READ_AT_ONCE, max(1, self.serial.in_waiting)))
            except serial.SerialException:
                # pyserial takes bytes that were announced and flushed before they were read for an unplugged port.
                self._empty_reads += 1
                if self._empty_reads > MOST_EMPTY_READS:
                    raise
                _ = self.serial.in_waiting  # an OSError where the port has really gone
                return b""
            self._empty_reads = 0
            return data

    def write(self, data: bytes) -> None:
        with self._errors("write"):
            try:
                self.serial.write(data)
            except serial.SerialTimeoutException:
                self.serial.write_timeout = STUCK_TIMEOUT_S
                raise
            if self.serial.write_timeout != WRITE_TIMEOUT_S:
                self.serial.write_timeout = WRITE_TIMEOUT_S

    def close(self) -> None:
        with contextlib.suppress(OSError):  # it may be gone
            self.serial.close()

    @contextlib.contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except serial.SerialTimeoutException:
            raise UserError(f"{self.name}: expected it to take bytes, found it stuck; reset the board") from None
        except (OSError, ValueError) as error:  # SerialException is an OSError
            kind = UserError if what == "open" else GoneError
            raise kind(f"{self.name}: {_reason(error, what)}") from None


def _reason(error: Exception, what: str) -> str:
    """What was expected, what was found and what to do."""
    number, text = getattr(error, "errno", None), str(error)
    if what != "open":
        return "expected an open port, found it gone; was the board unplugged, reset or flashed? plug it in and repeat"
    if number == errno.EACCES:
        return "expected permission to open it, found none; add yourself to its group (often dialout) and log in again"
    if number in (errno.EBUSY, errno.EAGAIN) or "lock" in text.lower():
        return "expected a free port, found it in use; close the program that has it open (pio device monitor?)"
    if "refused" in text.lower() or "open port socket" in text:
        return "expected something that listens, found nothing; start it"
    if number == errno.ENOENT:
        found = "none; plug the board in, or"
    elif number == errno.EISDIR or "not configure port" in text:
        found = "something else;"
    else:
        found = f"an error ({text.splitlines()[0] if text else type(error).__name__});"
    return f"expected a serial port, found {found} name another (pio device list)"
