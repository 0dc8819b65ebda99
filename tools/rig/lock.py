"""One test session at a time has a board. The lock goes with the process, however that ends."""

from __future__ import annotations

import getpass
import re
import tempfile
from pathlib import Path
from typing import IO

from ml.rig.errors import RigError

try:
    import fcntl
except ImportError:  # Windows, where nobody else can open the port meanwhile
    fcntl = None


def locked(name: str, address: str) -> IO[str]:
    """Held until it is closed; RigError when another process of this user has the board."""
    key = re.sub(r"[^A-Za-z0-9]+", "-", f"{getpass.getuser()} {address}")
    file = (Path(tempfile.gettempdir()) / f"thimble-rig-{key}.lock").open("w")
    try:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise RigError(
            f"{name}: expected to be the only one with {address}, found another test session; wait for it "
            "(of several workers, --dist loadgroup gives each board to one)"
        ) from None
    return file
