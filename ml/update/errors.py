"""What is wrong with an update, for people."""

from ml.errors import UserError


class UpdateError(UserError):
    """A manifest, an update file or a payload is not as docs/update.md describes it."""
