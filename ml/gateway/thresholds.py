"""Boards that shall tell what they are unsure of are told from which score on, in each of their runs."""

from __future__ import annotations

import time

from ml.gateway.config import Second
from ml.gateway.intake import Node
from ml.link.frames import Frame
from ml.link.messages import ALL, Command, Type
from ml.link.session import Answer, Arrival

AGAIN_S = 5.0
NUMBER = 0xFFFF  # of the command, which its answer carries


class Thresholds:
    """`hear` watches an intake. A threshold lasts until the board restarts."""

    def __init__(self, seconds: tuple[Second, ...]) -> None:
        self._least: dict[str, int] = {}
        for one in seconds:
            if one.tell_boards:
                self._least[one.app] = min(one.between[0], self._least.get(one.app, 255))
        self._done: dict[str, int] = {}  # node -> its run
        self._asked: dict[str, float] = {}

    def hear(self, node: Node, arrival: Arrival) -> None:
        least = self._least.get(node.about.get("app", ""))
        if least is None or node.boot is None or self._done.get(node.name) == node.boot:
            return
        said, now = arrival.message, time.monotonic()
        if isinstance(said, Answer) and (said.sequence, said.reply.command) == (NUMBER, Command.SET_THRESHOLD):
            self._done[node.name] = node.boot  # also where it has none
        elif now - self._asked.get(node.name, -AGAIN_S) >= AGAIN_S:
            self._asked[node.name] = now
            node.send(Frame(Type.COMMAND, 0, NUMBER, 0, bytes([Command.SET_THRESHOLD, ALL, least])))
