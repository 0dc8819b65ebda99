"""One build of an environment at a time: two at once write the same files. Standard library only, for PlatformIO."""

from __future__ import annotations  # PlatformIO may bring a Python older than ours

from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: whoever builds there does so once at a time
    fcntl = None

_held = []  # until this process ends: SCons builds after its scripts were read


def acquire(build_folder: Path, environment: str) -> None:
    """Waits until nobody else builds `environment` there; says so, since it may take a while."""
    if fcntl is None:
        return
    build_folder.mkdir(parents=True, exist_ok=True)
    lock = (build_folder / f".{environment}.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        print(f"{environment} is being built by another process: waiting for it", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
    _held.append(lock)
