"""Boards on a line of bytes: a thread each reads and writes, the rest is done in the loop."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import struct
import threading
import time

from ml.errors import UserError
from ml.gateway.config import Board
from ml.gateway.intake import Intake, Node
from ml.link.frames import Decoder, Frame
from ml.link.messages import Command, Status, Type
from ml.link.port import Port

ANSWER = struct.Struct("<IHH")
NAME = 2  # EVENTS: take the name
AGAIN_S = 2.0  # until a port that is not there is tried again
ASK_S, NAME_S = 5.0, 0.5  # between questions what the board keeps, and what its run is called


class BoardInput:
    """One board, from `start` to `close`."""

    def __init__(self, board: Board, intake: Intake) -> None:
        self._board, self._intake = board, intake
        self._loop = asyncio.get_running_loop()
        self.node = intake.add(Node(board.name, board.port, self._send))
        self._out: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._decoder = Decoder()
        self._sequence = 0
        self._restarts = 0
        self._name = 0  # that is proposed for this run of the board
        self._thread = threading.Thread(target=self._run, name=board.name, daemon=True)
        self._asking = asyncio.create_task(self._ask())
        self._thread.start()

    async def close(self) -> None:
        self._closing.set()
        self._asking.cancel()
        await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        """The thread: opens the port again whenever it is gone."""
        while not self._closing.is_set():
            try:
                port = Port(self._board.port)
            except UserError as error:
                self._call(self._away, str(error))
                self._closing.wait(AGAIN_S)
                continue
            self._call(self._there)
            try:
                self._serve(port)
            except UserError as error:
                self._call(self._away, str(error))
            finally:
                port.close()

    def _serve(self, port: Port) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(queue.Empty):
                while True:
                    port.write(self._out.get_nowait())
            if data := port.read():
                self._call(self._take, data)

    def _call(self, function, *arguments) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may have ended
            self._loop.call_soon_threadsafe(function, *arguments)

    def _there(self) -> None:
        self.node.about.pop("problem", None)
        self._decoder = Decoder()
        self._name_run()

    def _away(self, why: str) -> None:
        self.node.about["problem"] = why
        self.node.unsaved = True

    def _take(self, data: bytes) -> None:
        for item in self._decoder.feed(data):
            if not isinstance(item, Frame):
                continue
            self._intake.frame(self.node, item)
            if item.type == Type.REPLY and item.payload[:1] == bytes([Command.EVENTS]):
                self._answered(item.payload)
            if self.node.session.restarts != self._restarts:
                self._restarts = self.node.session.restarts
                self._name_run()

    def _name_run(self) -> None:
        """The board, or the line, has begun anew: which run is it?"""
        self.node.boot, self._name = None, max(self._name + 1, int(time.time()))  # it rises, as for datagrams
        self._question(0)

    def _question(self, before: int) -> None:
        if self.node.session.info is None:
            return  # its labels come first; events are kept there meanwhile
        boot, then = (self._name, NAME) if self.node.boot is None else (self.node.boot, 0)
        self._send(Frame(Type.COMMAND, payload=struct.pack("<BIHB", Command.EVENTS, boot, before, then)))

    def _answered(self, payload: bytes) -> None:
        node = self.node
        if payload[1] != Status.OK or len(payload) < 2 + ANSWER.size:
            node.keeps = False
            if node.boot is None:
                self._intake.named(node, self._name, 0)
            return
        boot, first, following = ANSWER.unpack_from(payload, 2)
        if not boot or (node.boot is not None and boot != node.boot):
            return self._name_run()  # it has restarted
        named, node.keeps = node.boot == boot, True
        self._intake.named(node, boot, first)
        if not named:
            node.acknowledge(again=True)
        elif 0 < (following - node.next) % 2**16 < 2**15:
            node.ask_again(self._loop.time())

    async def _ask(self) -> None:
        """Events may be lost at the end of a burst, where no later one shows it."""
        while True:
            await asyncio.sleep(ASK_S if self.node.boot is not None else NAME_S)
            if self.node.keeps:
                self._question(self.node.committed % 2**16)

    def _send(self, frame: Frame) -> None:
        if frame.sequence == 0:
            self._sequence = (self._sequence + 1) % 2**16
            frame = Frame(frame.type, frame.stream, self._sequence, 0, frame.payload)
        self._out.put(frame.encode())
