"""Sends what happens to every page that is open. Nothing is left out silently: a page too slow to follow is closed, and
says so when it comes back."""

import asyncio
import json
from collections import deque

from starlette.websockets import WebSocket, WebSocketDisconnect

MOST_WAITING = 8 << 20  # bytes for a page that does not take them: four minutes of 32 kB/s
TOO_SLOW = 4408
TEXT_FIRST = {"kind": "hello"}


class Page:
    """One WebSocket, and what waits for it."""

    def __init__(self) -> None:
        self.waiting: deque[str | bytes] = deque()
        self.size = 0
        self.too_slow = False
        self.more = asyncio.Event()

    def add(self, message: str | bytes) -> None:
        self.size += len(message)
        self.too_slow = self.too_slow or self.size > MOST_WAITING
        if not self.too_slow:
            self.waiting.append(message)
        self.more.set()

    def next(self) -> str | bytes:
        message = self.waiting.popleft()
        self.size -= len(message)
        return message


class Hub:
    """`tell` and `send` may be called in any thread."""

    def __init__(self) -> None:
        self._pages: set[Page] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._kept: dict[str, str] = {}  # what a page that comes later must know: kind -> the last message

    def tell(self, kind: str, keep: bool = False, **fields: object) -> None:
        """A message of JSON. `keep`: a page that is opened later gets the last of its kind."""
        text = json.dumps({"kind": kind} | fields, default=str)
        if keep:
            self._kept[kind] = text
        self.send(text)

    def send(self, message: str | bytes) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed() and self._pages:
            loop.call_soon_threadsafe(self._add, message)

    def _add(self, message: str | bytes) -> None:
        for page in self._pages:
            page.add(message)

    async def serve(self, socket: WebSocket) -> None:
        """Until the page is closed."""
        await socket.accept()
        self._loop = asyncio.get_running_loop()
        page = Page()
        for message in (json.dumps(TEXT_FIRST), *self._kept.values()):
            page.add(message)
        self._pages.add(page)
        sending = asyncio.create_task(self._send_all(socket, page))
        try:
            while True:
                await socket.receive_text()  # pages say nothing here; this ends when they go
        except (WebSocketDisconnect, RuntimeError, KeyError):
            pass
        finally:
            self._pages.discard(page)
            sending.cancel()

    async def _send_all(self, socket: WebSocket, page: Page) -> None:
        while not page.too_slow:
            await page.more.wait()
            page.more.clear()
            while page.waiting and not page.too_slow:
                message = page.next()
                await (socket.send_bytes(message) if isinstance(message, bytes) else socket.send_text(message))
        await socket.close(TOO_SLOW, "this page does not keep up")

    def close(self) -> None:
        self._pages.clear()
