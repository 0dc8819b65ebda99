"""Starts, stops and describes the emulators behind the virtual boards. Standard library only: PlatformIO runs it too.

A folder per environment, `<workspace>/virtual/<env>/`, holds everything: `console` and `sensors` (links to the board's
pseudo-terminals), `memory` (a part of the board's, for the sensor bus), `emulator.json` (what runs), `emulator.log`,
and two locks. `lock` is held while someone starts or stops the emulator. `alive` is inherited and held by the emulator
itself, so that "is it running?" never depends on a process number that may have been given to another process. The
emulator's process writes `emulator.json` before it becomes the emulator: whoever is killed while he starts one leaves
none that nobody finds.
"""

from __future__ import annotations  # PlatformIO may bring a Python older than ours

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import simavr_board

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

CONSOLE, SENSORS, MEMORY = "console", "sensors", "memory"
STATE, LOG, LOCK, ALIVE = "emulator.json", "emulator.log", "lock", "alive"
MEMORY_SIZE, FLASH_SIZE = 16 << 20, 1 << 20  # mps2.h
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 3.0
NS_PER_INSTRUCTION_SHIFT = 6  # an instruction takes 2^6 ns of virtual time: 15.625 million a second


class EmulatorError(Exception):
    """One line for the person at the terminal."""


class EndedAtOnce(EmulatorError):
    """The emulator did not like what it was given."""


@dataclass(frozen=True)
class Emulator:
    """What was started: the process, its program, and when (seconds since the epoch)."""

    pid: int
    machine: str
    program: str
    started: float


def command(program: str, machine: str, memory: Path | None = None, debug_port: int | None = None) -> list[str]:
    """The command line for a board: QEMU, simavr for an AVR, or the program itself on the host.

    memory: the file for its PSRAM.
    debug_port: where QEMU listens for GDB, on this computer alone; the board then waits for it before it starts.
    """
    if machine == "host":
        return [program, "--pty"]
    if machine in simavr_board.HERTZ:
        player = simavr_board.build()
        if isinstance(player, str):
            raise EmulatorError(player)
        return [str(player), program, machine, str(simavr_board.HERTZ[machine])]
    qemu = shutil.which("qemu-system-arm")
    if qemu is None:
        raise EmulatorError("expected qemu-system-arm on the PATH, found none; install it (Debian: qemu-system-arm)")
    options = f"-nographic -icount shift={NS_PER_INSTRUCTION_SHIFT} -monitor none -serial pty -serial pty"
    if debug_port is not None:
        options += f" -S -gdb tcp:127.0.0.1:{debug_port}"
    return [qemu, *_machine(machine, memory), *options.split(), "-kernel", program]


def _machine(machine: str, memory: Path | None) -> list[str]:
    """PSRAM in a file is memory that the host sees too: docs/sensor_bus.md."""
    if memory is None:
        return ["-machine", machine]
    path = str(memory).replace(",", ",,")
    backend = f"memory-backend-file,id=mps.ram,size=16M,share=on,mem-path={path}"
    return ["-object", backend, "-machine", f"{machine},memory-backend=mps.ram"]


def start(folder: Path, program: str, machine: str, debug_port: int | None = None) -> Emulator:
    """Starts an emulator in the background in place of the one in `folder`; returns when its console is open.

    debug_port: see `command`.
    """
    _require_posix()
    if not Path(program).is_file():  # QEMU would open its consoles before it misses it
        raise EmulatorError(f"expected a program at {program}, found none; build it first")
    with _locked(folder):
        try:
            return _start(folder, program, machine, folder / MEMORY, debug_port)
        except EndedAtOnce:  # a QEMU or a file system that cannot share memory: the sensor bus does without
            return _start(folder, program, machine, None, debug_port)


def _start(folder: Path, program: str, machine: str, memory: Path | None, debug_port: int | None) -> Emulator:
    arguments = command(program, machine, memory, debug_port)
    _stop(folder)
    if memory is not None and machine != "host" and machine not in simavr_board.HERTZ:
        _fill_memory(memory, _flash(folder))
    now = time.time()
    process = _spawn(folder, arguments, lambda pid: Emulator(pid, machine, program, now))
    try:
        ports = _ports(folder, process, 1 if machine in simavr_board.HERTZ else 2)
        for name, port in zip((CONSOLE, SENSORS), ports):  # noqa: B905 - an AVR has no sensor bus
            _link(folder / name, port)
    except BaseException:  # an interrupt too leaves nothing running
        _stop(folder)
        raise
    process.returncode = 0  # it outlives us on purpose: no "still running" warning
    return Emulator(process.pid, machine, program, now)


def stop(folder: Path) -> bool:
    """Stops the emulator and removes what it left; False if there was none."""
    _require_posix()
    if not folder.is_dir():
        return False
    with _locked(folder):
        found = _stop(folder)
        shutil.rmtree(folder, ignore_errors=True)
    return found


def folders(workspace: Path) -> list[Path]:
    """Of the emulators that were started in PlatformIO's workspace and not stopped since."""
    return sorted({path.parent for name in (STATE, ALIVE) for path in workspace.glob(f"virtual/*/{name}")})


def running(folder: Path) -> Emulator | None:
    """The emulator that runs in `folder`, or None."""
    return state(folder) if _alive(folder) else None


def crashed(folder: Path) -> str | None:
    """The last line that an emulator wrote before it ended without being stopped; None if there is no such one."""
    if _alive(folder) or not (folder / ALIVE).exists():
        return None
    lines = [line for line in _log(folder).splitlines() if "char device redirected" not in line]
    return lines[-1] if lines else "no message"


def state(folder: Path) -> Emulator | None:
    """What was last started in `folder` and not stopped since."""
    try:
        known = Emulator(**json.loads((folder / STATE).read_text()))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return known if _plausible(known) else None


def _plausible(known: Emulator) -> bool:
    """Of the types that were written: a number below 1 would name a group of processes."""
    texts = isinstance(known.machine, str) and isinstance(known.program, str)
    return texts and type(known.pid) is int and known.pid > 1 and isinstance(known.started, (int, float))


def _require_posix() -> None:
    if fcntl is None:
        raise EmulatorError(
            "virtual boards need Linux or macOS (pseudo-terminals); on Windows run the host board's firmware.exe itself"
        )


@contextlib.contextmanager
def _locked(folder: Path):
    """One starter or stopper at a time."""
    with _acquire(folder):
        yield


def _acquire(folder: Path):
    """The locked lock file. A stopper removes it: whoever waited for the old one asks again for the new one."""
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = (folder / LOCK).open("w")
        except FileNotFoundError:
            continue
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock.fileno()).st_nlink:
            return lock
        lock.close()


def _alive(folder: Path) -> bool:
    try:
        with (folder / ALIVE).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _spawn(folder: Path, arguments: list[str], described: Callable[[int], Emulator]) -> subprocess.Popen:
    def remember() -> None:  # in the new process, before it becomes the emulator
        _write(folder / STATE, json.dumps(asdict(described(os.getpid()))))
        _keep_to_one_core(os.getpid())

    with (folder / ALIVE).open("w") as alive, (folder / LOG).open("w") as log:
        fcntl.flock(alive, fcntl.LOCK_EX)
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[alive.fileno()],
            start_new_session=True,
            preexec_fn=remember,  # noqa: PLW1509  nothing in it waits for a lock of another thread
        )


def _keep_to_one_core(number: int) -> None:
    """QEMU's threads take turns several times for each byte of a serial line: on two cores, each of which wakes the
    other, it needs a quarter more time of them."""
    if hasattr(os, "sched_setaffinity"):  # Linux
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[number % len(cores)]})


def _ports(folder: Path, process: subprocess.Popen, count: int) -> list[str]:
    """The pseudo-terminals of UART0 and UART1, once the emulator has named as many as it has."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        ports = re.findall(r"char device redirected to (\S+) \(label serial[01]\)", _log(folder))
        if len(ports) == count:
            return ports
        if ended:
            lines = _log(folder).strip().splitlines()
            raise EndedAtOnce(f"the emulator ended at once: {lines[-1] if lines else f'status {process.returncode}'}")
        time.sleep(0.01)
    raise EmulatorError(f"the emulator opened no console within {START_TIMEOUT_S:.0f} s; see {folder / LOG}")


def _stop(folder: Path) -> bool:
    was_alive = _alive(folder)
    if was_alive:
        _terminate(folder)
    _keep_flash(folder / MEMORY, _flash(folder))
    _remove(folder, CONSOLE, SENSORS, MEMORY, STATE, LOG, ALIVE)
    return was_alive


def _emulator(folder: Path) -> int | None:
    """The process that has the lock which an emulator inherits: `emulator.json` may name any process."""
    known, alive = state(folder), folder / ALIVE
    if not Path("/proc/self/fd").is_dir():  # no Linux: a leader of its own session is at least no shell of the user's
        return known.pid if known and _leads_a_session(known.pid) else None
    if known and _has_open(known.pid, alive):
        return known.pid
    for process in Path("/proc").glob("[0-9]*"):
        if process.name != str(os.getpid()) and _has_open(int(process.name), alive):
            return int(process.name)
    return None


def _leads_a_session(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except OSError:
        return False


def _has_open(pid: int, file: Path) -> bool:
    try:
        return any(_same(descriptor, file) for descriptor in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # it has ended, or is somebody else's
        return False


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # closed meanwhile
        return False


def _terminate(folder: Path) -> None:
    pid = _holder(folder)
    if pid is None:
        return
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < deadline:
            if not _alive(folder):
                _collect(pid)
                return
            time.sleep(0.01)
    raise EmulatorError(f"process {pid} does not end; stop it by hand")


def _flash(folder: Path) -> Path:
    return folder.with_name(folder.name + ".flash")


def _fill_memory(memory: Path, flash: Path) -> None:
    """A new PSRAM whose end is the flash part as it was left, or erased; EndedAtOnce where no such file can be."""
    try:
        kept = flash.read_bytes()
    except OSError:
        kept = b""
    scratch = memory.with_name(memory.name + ".new")
    try:
        with scratch.open("wb") as file:
            file.truncate(MEMORY_SIZE)
            file.seek(MEMORY_SIZE - FLASH_SIZE)
            file.write(kept[:FLASH_SIZE].ljust(FLASH_SIZE, b"\xff"))
        scratch.replace(memory)  # whoever is killed here leaves no half one, which would be kept as the flash
    except OSError as error:
        raise EndedAtOnce(f"expected room for the emulator's memory, found: {error}; make some") from error


def _keep_flash(memory: Path, flash: Path) -> None:
    """Takes the flash part out of the PSRAM of an emulator that has ended; an erased one leaves no file."""
    try:
        with memory.open("rb") as file:
            file.seek(MEMORY_SIZE - FLASH_SIZE)
            part = file.read(FLASH_SIZE)
    except OSError:
        return
    if len(part) < FLASH_SIZE:  # not ours
        return
    if part.strip(b"\xff"):
        scratch = flash.with_name(flash.name + ".new")
        scratch.write_bytes(part)
        scratch.replace(flash)
    else:
        flash.unlink(missing_ok=True)


def _holder(folder: Path) -> int | None:
    """The emulator, or None when it ended by itself meanwhile: a process that was killed keeps the lock for a moment in
    which nobody can see its files."""
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while time.monotonic() < deadline:
        if (pid := _emulator(folder)) is not None or not _alive(folder):
            return pid
        time.sleep(0.01)
    raise EmulatorError(
        f"{folder / STATE}: expected the number of the emulator that runs, found another; nothing was stopped: end the "
        "emulator by hand, then remove the folder"
    )


def _collect(pid: int) -> None:
    """The status of a process that has just ended, where this one had started it: else it stays as a zombie."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _log(folder: Path) -> str:
    try:
        return (folder / LOG).read_text(errors="replace")
    except OSError:
        return ""


def _link(link: Path, target: str) -> None:
    temporary = link.with_name(link.name + ".new")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.replace(link)


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text)
    temporary.replace(path)


def _remove(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
