"""A board on a line as a node that sends datagrams: what a radio or network module beside it would do.

The board's frames go up sealed, with its run's name as boot; the gateway's commands come down to it. The bridge keeps
nothing: the board does (the command EVENTS).
"""

from __future__ import annotations

import socket
import struct
import threading
import time

from ml.errors import UserError
from ml.gateway.keys import NodeKey
from ml.link.datagram import DOWN, MOST, UP, Datagram, opened, seal
from ml.link.frames import Decoder, Frame
from ml.link.messages import Command, Type
from ml.link.port import Port
from ml.progress import say

ANSWER = struct.Struct("<BBIHH")
ASK_S = 1.0
NAME = 2  # EVENTS: take the name
CARRIED = frozenset({Type.INFO, Type.EVENT, Type.TELEMETRY, Type.HEALTH, Type.REPLY})


class Bridge:
    """`port` is the board's line, `gateway` the address of UDP. Call `turn` again and again."""

    def __init__(self, port: Port, key: NodeKey, gateway: tuple[str, int]) -> None:
        self._port, self._key = port, key
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(gateway)
        self._socket.setblocking(False)
        self._decoder = Decoder()
        self._boot = self._first = self._named = 0
        self._counter = time.time_ns() // 10**6 % 2**31  # rises also over a restart of the bridge
        self._asked = 0.0

    def turn(self) -> None:
        """What has come from both sides; waits a moment where there is nothing."""
        if time.monotonic() - self._asked > ASK_S:
            self._ask()
        for item in self._decoder.feed(self._port.read()):
            if isinstance(item, Frame):
                self._up(item)
        self._down()

    def close(self) -> None:
        self._port.close()
        self._socket.close()

    def _ask(self) -> None:
        """Which run of the board this is, and the oldest event that it keeps."""
        self._asked = time.monotonic()
        name, then = self._boot, 0
        if not self._boot:
            self._named = max(self._named + 1, int(time.time()))  # it rises with each run
            name, then = self._named, NAME
        payload = struct.pack("<BIHB", Command.EVENTS, name, self._first, then)
        self._port.write(Frame(Type.COMMAND, sequence=1, payload=payload).encode())

    def _up(self, frame: Frame) -> None:
        if frame.type == Type.REPLY and frame.payload[:1] == bytes([Command.EVENTS]):
            return self._answered(frame.payload)
        if frame.type in CARRIED and self._boot:
            self._counter += 1
            made = Datagram(UP, self._key.node, self._boot, self._counter % 2**32, self._first, frame)
            self._send(seal(made, self._key.key))

    def _answered(self, payload: bytes) -> None:
        if len(payload) == ANSWER.size and payload[1] == 0:
            _, _, self._boot, self._first, _ = ANSWER.unpack(payload)
            self._asked *= bool(self._boot)  # a board that has restarted gets a name at once

    def _down(self) -> None:
        while True:
            try:
                data = self._socket.recv(MOST + 1)
            except OSError:
                return
            datagram = opened(data, self._key.key, DOWN)
            if datagram is not None and datagram.boot == self._boot:
                self._port.write(datagram.frame.encode())

    def _send(self, data: bytes) -> None:
        try:
            self._socket.send(data)
        except OSError:  # nobody listens now: the board keeps its events
            return


class Bridges:
    """A thread for each board, from `with` to its end."""

    def __init__(self, boards: list[tuple[str, NodeKey]], gateway: tuple[str, int]) -> None:
        self._bridges = [Bridge(Port(name), key, gateway) for name, key in boards]
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(one,), daemon=True) for one in self._bridges]

    def __enter__(self) -> Bridges:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join()

    def _run(self, bridge: Bridge) -> None:
        try:
            while not self._closing.is_set():
                bridge.turn()
        except UserError as error:
            say(str(error))
        finally:
            bridge.close()
