"""The rig's errors, one line each."""

from ml.errors import UserError


class RigError(UserError):
    """A board is not what it should be; a test that meets it fails with this line and no traceback."""

    def __init__(self, text: str) -> None:
        """One line, whatever a rig file or a board calls itself."""
        super().__init__("".join(each if each.isprintable() else "?" for each in text))


class Missing(RigError):
    """The board is not plugged in: its tests are skipped, or fail with --require."""


class WrongImage(RigError):
    """Another firmware answers than the one that was flashed."""
