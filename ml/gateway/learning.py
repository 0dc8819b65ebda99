"""Takes nodes through a round of learning with each other (docs/fleet_learning.md), while their events go on.

The gateway collects masked contributions and keeps the groups' sums. It has no key that signs: what becomes of the sums
is made beside it (`gateway.py learn finish`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

from ml.gateway.config import matches
from ml.gateway.intake import Intake, Node
from ml.gateway.lessons import Lesson, Lessons
from ml.gateway.tunnel import Tunnel
from ml.gateway.writer import Store
from ml.progress import say

if TYPE_CHECKING:
    from ml.fleet.rounds import Result

LOOK_S = 1.0
AT_ONCE = 8


class Learning:
    """Of a gateway; one round at a time."""

    def __init__(self, lessons: Lessons, store: Store, intake: Intake) -> None:
        self._lessons, self._store, self._intake = lessons, store, intake
        self._threads = ThreadPoolExecutor(1 + AT_ONCE, "learning")
        lessons.give_up()

    async def run(self) -> None:
        """Until it is cancelled; a round that runs then is given up at the next start."""
        while True:
            await asyncio.sleep(LOOK_S)
            lesson = await self._store.call(self._lessons.begin)
            if lesson is not None:
                await self._collect(lesson)

    async def _collect(self, lesson: Lesson) -> None:
        loop = asyncio.get_running_loop()
        nodes = [node for name, node in self._intake.nodes.items() if matches(name, lesson.nodes)]
        say(f"learning, round {lesson.number}: {len(nodes)} nodes are asked")
        found = await loop.run_in_executor(self._threads, self._round, lesson, nodes, loop)
        say(f"learning, round {lesson.number}: {found.line()}")
        await self._store.call(self._lessons.end, lesson.number, found.sums, found.line())

    def _round(self, lesson: Lesson, nodes: list[Node], loop: asyncio.AbstractEventLoop) -> Result:
        """In a thread."""
        import numpy as np  # noqa: PLC0415 - 25 MiB

        from ml.fleet import rounds  # noqa: PLC0415
        from ml.fleet.linked import Linked  # noqa: PLC0415
        from ml.link.device import Device  # noqa: PLC0415
        from ml.link.port import Port  # noqa: PLC0415

        rng = np.random.default_rng(int.from_bytes(os.urandom(8), "little"))
        with contextlib.ExitStack() as stack:
            ports = [stack.enter_context(Tunnel(node, loop)) for node in nodes]
            members = [Linked(Device(cast(Port, port)), port.name) for port in ports]
            return rounds.run(lesson.offer(), members, rng, self._threads.map)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._lessons.close()
