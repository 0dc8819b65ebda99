"""Datagrams by UDP."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import socket

from ml.errors import UserError
from ml.gateway.datagrams import Datagrams
from ml.link.datagram import MOST

AT_ONCE = 256  # datagrams, before something else has its turn
BUFFER = 4 << 20  # bytes that the system keeps for us while we commit; it may give less


class UdpInput:
    """Listens from the start; `close` ends it."""

    def __init__(self, listen: tuple[str, int], datagrams: Datagrams) -> None:
        self._datagrams = datagrams
        self._socket = socket.socket(socket.AF_INET6 if ":" in listen[0] else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        try:
            self._socket.bind(listen)
        except OSError as error:
            self._socket.close()
            where = f"{listen[0]}:{listen[1]}"
            raise UserError(f"[udp] {where}: expected a free port, found: {error.strerror}; name another") from None
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    @property
    def port(self) -> int:
        return self._socket.getsockname()[1]

    def _read(self) -> None:
        for _ in range(AT_ONCE):
            try:
                data, source = self._socket.recvfrom(MOST + 1)
            except OSError:  # there is no more, or an answer of ours found nobody
                return
            self._datagrams.take(data, source, functools.partial(self._answer, source))

    def _answer(self, source: tuple, data: bytes) -> None:
        with contextlib.suppress(OSError):  # what does not arrive is sent again
            self._socket.sendto(data, source)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()
