"""Events by HTTP POST, in batches of JSON."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable
from concurrent.futures import Future

import requests

from ml.gateway.broker import secret
from ml.gateway.config import Post
from ml.gateway.outputs import AwayError, Rows, as_json

TIMEOUT_S = (5, 30)  # to connect, to answer


class Posting:
    """Each POST has `{"gateway": NAME, "events": [...]}` and is taken when the answer is 2xx.

    After a kill a batch may come again: whoever keeps the highest `number` of a gateway knows what it has.
    """

    name = "http"

    def __init__(self, post: Post, gateway: str) -> None:
        self.batch = post.batch
        self._url, self._gateway = post.url, gateway
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the environment is not asked
        self._session.headers["Content-Type"] = "application/json"
        if post.token is not None:
            self._session.headers["Authorization"] = f"Bearer {secret(post.token)}"

    async def send(self, rows: Rows) -> None:
        events = ",".join(as_json(number, event, self._gateway) for number, event in rows)
        body = f'{{"gateway":"{self._gateway}","events":[{events}]}}'
        await _in_thread(functools.partial(self._post, body.encode()))

    async def close(self) -> None:
        self._session.close()

    def _post(self, body: bytes) -> None:
        try:
            answer = self._session.post(self._url, data=body, timeout=TIMEOUT_S, allow_redirects=False)
        except requests.RequestException as error:
            raise AwayError(f"expected {self._url} to answer, found {type(error).__name__}") from None
        if not 200 <= answer.status_code < 300:
            raise AwayError(f"expected {self._url} to take events, found status {answer.status_code}")


async def _in_thread(work: Callable[[], None]) -> None:
    """As `asyncio.to_thread`, but a program that ends does not wait for it: the server may never answer."""
    future: Future[None] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # raised where it is awaited
            future.set_exception(error)

    threading.Thread(target=run, name="post", daemon=True).start()
    await asyncio.wrap_future(future)
