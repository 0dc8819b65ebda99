"""How a test says what is wrong with its board, and that a check noticed it."""

import pytest

from ml.errors import UserError
from tests.hil_broken.saboteur import Sabotage


def broken(kind: Sabotage):
    """The test's board starts with that wrong with it."""
    return pytest.mark.parametrize("sabotage", [kind], indirect=True, ids=[kind.name.lower()])


def noticed(match: str):
    """The check fails, and for this reason."""
    return pytest.raises((AssertionError, UserError), match=match)
