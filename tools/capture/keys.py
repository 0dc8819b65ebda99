"""Keys as they are pressed."""

import contextlib
import os
import select
import sys

try:
    import termios
    import tty
except ImportError:  # Windows
    termios = None
    import msvcrt


class Keys:
    """with Keys() as keys: keys.pressed() -> a character, "" when none was pressed."""

    def __enter__(self) -> "Keys":
        if termios:
            self._file = sys.stdin.fileno()
            self._before = termios.tcgetattr(self._file)
            tty.setcbreak(self._file)
        return self

    def __exit__(self, *_: object) -> None:
        if termios:
            with contextlib.suppress(termios.error):  # the terminal has gone
                termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)

    def pressed(self) -> str:
        if sys.platform == "win32":
            return msvcrt.getwch() if msvcrt.kbhit() else ""
        if not select.select([self._file], [], [], 0)[0]:
            return ""
        key = os.read(self._file, 1)
        return key.decode("latin-1") if key else "q"  # the terminal was closed
