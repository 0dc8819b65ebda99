"""Which boards there are: rig.toml, and --board NAME[@PORT]."""

from __future__ import annotations

from dataclasses import dataclass

from tools.rig.project import VIRTUAL_KINDS


@dataclass(frozen=True)
class BoardConfig:
    """One board of the shelf."""

    name: str
    kind: str  # board of boards/*.ini
    environment: str = "{app}-{kind}"
    port: str | None = None

    @property
    def emulated(self) -> bool:
        """It is no device that somebody plugged in: flashing starts it."""
        return self.kind in VIRTUAL_KINDS and self.port is None


def from_words(words: tuple[str, ...]) -> list[BoardConfig]:
    """--board, as often as it was given."""
    boards = []
    for word in words:
        name, _, port = word.partition("@")
        boards.append(BoardConfig(name, name, port=port or None))
    return boards
