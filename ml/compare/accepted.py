"""Costs that were accepted on purpose, by a line at the end of a commit's message:

    Accepts: keyword_spotting flash 11 %

The figure of this application may then be so much worse than the commit before, without a regression. A line counts
only in commits that HEAD has and BASE has not, so nothing stays accepted afterwards.
"""

from collections.abc import Mapping
from pathlib import Path

from ml.compare import repository
from ml.compare.figures import TOLERANCES

KEY = "Accepts"


def accepted(folder: Path, base: str, head: str) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Percent by application and figure, of the commits from `base` to `head` ("." is HEAD); and a note a line of
    theirs. Nothing where one of them is no commit."""
    first, last = repository.commit(folder, base), repository.commit(folder, "HEAD" if head == "." else head)
    found: dict[str, dict[str, float]] = {}
    notes: list[str] = []
    if not first or not last:
        return found, notes
    for line in repository.trailers(folder, first, last, KEY):
        words = line.replace("%", " ").split()
        percent = _percent(words[2]) if len(words) == 3 and words[1] in TOLERANCES else None
        if percent is None:
            notes.append(f"expected `{KEY}: APP FIGURE PERCENT` in a commit, found {line!r}: it accepts nothing")
            continue
        of_app = found.setdefault(words[0], {})
        of_app[words[1]] = max(percent, of_app.get(words[1], 0))
        notes.append(f"{words[0]}: a commit accepts that {words[1]} is up to {percent:g} % worse")
    return found, notes


def _percent(word: str) -> float | None:
    try:
        value = float(word)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def widened(tolerance: Mapping[str, float], more: Mapping[str, float]) -> dict[str, float]:
    """The larger of both, for each figure."""
    return {key: max(percent, more.get(key, 0)) for key, percent in tolerance.items()}
