"""Decides which xdist worker runs which test: one worker runs all tests of a board, in their order."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

from ml.rig.file import BoardConfig


class BoardScheduling(LoadGroupScheduling):
    """Groups tests by the board in their name, test_it[desk-counter]; the others as xdist does."""

    def __init__(self, config: pytest.Config, log: Producer | None, boards: Sequence[BoardConfig]) -> None:
        super().__init__(config, log)
        self._emulated = {board.name: board.emulated for board in boards}
        names = "|".join(map(re.escape, sorted(self._emulated, key=len, reverse=True)))
        self._pattern = re.compile(rf"[\[-]({names})-(\w+)[]-]")

    def _split_scope(self, nodeid: str) -> str:
        found = self._pattern.search(nodeid)
        if found is None:
            return super()._split_scope(nodeid)
        name, app = found.groups()
        return f"{name} {app}" if self._emulated[name] else name
