"""Errors that are for people: one line, no traceback."""


class UserError(Exception):
    """What was expected, what was found and what to do next, in one line.

    Raised anywhere, caught once, in `ml.cli.main` and its like in `tools/`: printed on stderr, exit status 1. Anything
    else that escapes is a bug and keeps its traceback.
    """
