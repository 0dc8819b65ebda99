"""The user's options, checked."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ml.capture import names
from ml.capture.settings import Settings
from ml.capture.take import Naming
from ml.capture.trigger import Rule
from ml.errors import UserError

MOST_SECONDS = 24 * 3600.0
MOST_REMARK = 200


@dataclass(frozen=True)
class Options:
    """One run of the tool."""

    root: Path
    labels: tuple[str, ...]
    subject: str
    session: str
    source: str
    licence: str
    seconds: float | None  # None: until a key is pressed
    repeat: int
    countdown: float  # seconds before each take
    rule: Rule | None
    before_s: float
    patience_s: float
    plot: bool

    def naming(self, label: str) -> Naming:
        return Naming(label, self.subject, self.session, self.source, self.licence)


def remark(kind: str, text: str) -> str:
    """Free text that may stand in a comment of a header later."""
    if len(text) > MOST_REMARK or not text.isprintable() or "\\" in text or "??/" in text:
        raise UserError(
            f"expected a {kind} of one line of up to {MOST_REMARK} characters without backslashes, found {text[:40]!r}"
        )
    return text


def who(root: Path, subject: str | None, session: str | None, ask: Callable[[str], str] | None) -> Settings:
    """From the command line, else as kept, else asked for (`ask` is None where nobody can be asked)."""
    kept = Settings.load(root)
    found = {"subject": subject or kept.subject, "session": session or kept.session}
    for kind, name in found.items():
        if name:
            found[kind] = names.checked(kind, name)
        elif ask is not None:
            found[kind] = names.checked(kind, ask(kind))
        else:
            raise UserError(f"expected --{kind}, for nobody can be asked here and none was kept in {root}; name one")
    settings = Settings(**found)
    if settings != kept:
        settings.save(root)
    return settings
