"""A node as a port: programs that talk to one board, such as ml.link.update, talk to it through the gateway."""

from __future__ import annotations

import asyncio
import contextlib
import queue
from collections.abc import Callable
from types import TracebackType

from ml.errors import UserError
from ml.gateway.intake import Node
from ml.link.frames import Decoder, Frame
from ml.link.messages import Type

READ_S = 0.02
MOST = 1000  # frames that wait
HEARD = frozenset({Type.INFO, Type.REPLY})


class Tunnel:
    """`with Tunnel(node, loop) as port: Device(port)`, in another thread than the loop's. The gateway hears it all."""

    def __init__(self, node: Node, loop: asyncio.AbstractEventLoop) -> None:
        self.name = node.name
        self._node, self._loop = node, loop
        self._heard: queue.Queue[bytes] = queue.Queue(MOST)
        self._decoder = Decoder()

    def __enter__(self) -> Tunnel:
        self._call(self._node.taps.append, self._hear)
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with contextlib.suppress(UserError):
            self._call(self._node.taps.remove, self._hear)

    def read(self) -> bytes:
        """What has arrived; b"" when nothing does for a moment."""
        try:
            return self._heard.get(timeout=READ_S)
        except queue.Empty:
            return b""

    def write(self, data: bytes) -> None:
        for item in self._decoder.feed(data):
            if isinstance(item, Frame):
                self._call(self._node.send, item)

    def close(self) -> None:
        """As a port is; the tunnel ends with its `with`."""

    def _call(self, function: Callable, argument: object) -> None:
        try:
            self._loop.call_soon_threadsafe(function, argument)
        except RuntimeError:  # the loop is closed
            raise UserError(f"{self.name}: the gateway has ended") from None

    def _hear(self, frame: Frame) -> None:
        if frame.type in HEARD:
            with contextlib.suppress(queue.Full):  # as a line that nobody reads
                self._heard.put_nowait(frame.encode())
