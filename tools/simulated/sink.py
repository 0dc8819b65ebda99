"""Takes events by HTTP, and knows what came: in order, once, all of it? It is for figures, and stores nothing."""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MOST = 64 << 20  # bytes of a batch


class Ledger:
    """Keeps the highest number of each gateway, and the next sequence of each node's run."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.next: dict[tuple[str, int], int] = {}
        self.seen: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
        self.taken = self.repeated = self.twice = 0
        self.labels: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, said: dict) -> None:
        """A batch."""
        with self._lock:
            highest = self.numbers.get(said["gateway"], 0)
            for event in said["events"]:
                if event["number"] <= highest:
                    self.repeated += 1  # a batch whose answer was lost
                    continue
                highest = event["number"]
                self._count((event["node"], event["boot"]), event["sequence"])
                self.labels[event.get("label", "")] += 1
            self.numbers[said["gateway"]] = highest

    def _count(self, run: tuple[str, int], sequence: int) -> None:
        self.taken += 1
        self.twice += sequence < self.next.get(run, 0)  # or out of order
        self.next[run] = sequence + 1
        self.seen[run].add(sequence)


class Sink:
    """A server on loopback, in a thread; `ledger` is what it knows."""

    def __init__(self, port: int = 0) -> None:
        self.ledger = Ledger()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self._server.handle_error = lambda request, client_address: None  # who posts may be killed while it does
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        ledger = self.ledger

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                size = int(self.headers.get("Content-Length", 0))
                if size > MOST:
                    return self.send_error(413)
                ledger.take(json.loads(self.rfile.read(size)))
                self.send_response(204)
                return self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler
