"""A finding about a recording."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or may be."""

    kind: str  # "constant", "clipped", "silent", "stuck", "offset", "units", "gap", "time", ...
    text: str  # one line: what was expected, what was found
    unusable: bool = False  # left out of training and test; otherwise only told
