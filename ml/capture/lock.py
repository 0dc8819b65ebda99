"""One program at a time. The lock goes with the program, however that ends."""

import os
from pathlib import Path

from ml.errors import UserError

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed
    fcntl = None


class Lock:
    """Held from now on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("a")
        try:
            if fcntl:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise UserError(
                f"{path.parent}: expected to be the only one who records into it, found another; end that one, or "
                "record elsewhere with --data"
            ) from None

    def is_there(self) -> bool:
        """False when somebody has removed it, or its folder, or put another in its place."""
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._file.fileno()))
        except OSError:
            return False

    def release(self) -> None:
        self._file.close()
