"""mosquitto, and a relay that carries the datagrams of nodes through it, to a gateway that hears them by [mqtt_in]."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from ml.errors import UserError
from ml.link.datagram import MOST, sender

UP, DOWN = "thimble/up", "thimble/down"  # as gateway.toml has them, where it says nothing else
WAIT_S = 0.1
STARTS_S = 10.0


@contextlib.contextmanager
def mosquitto(port: int) -> Iterator[None]:
    """A broker on loopback, with settings as they come."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        raise UserError("expected mosquitto, found none; install it with: python3 tools/setup.py --all")
    with tempfile.TemporaryDirectory() as folder:
        settings = Path(folder) / "mosquitto.conf"
        settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        broker = subprocess.Popen([program, "-c", settings], stderr=subprocess.DEVNULL)
        try:
            _until_it_listens(port)
            yield
        finally:
            broker.kill()
            broker.wait()


def _until_it_listens(port: int) -> None:
    end = time.monotonic() + STARTS_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > end:
                raise UserError(f"expected mosquitto to listen on port {port}, found that it does not") from None
            time.sleep(WAIT_S)


class Relay:
    """From `with` to its end: datagrams that come to `port` go to the broker, answers back to where each node was."""

    def __init__(self, broker: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(WAIT_S)
        self.port = self._socket.getsockname()[1]
        self._where: dict[str, tuple] = {}
        self._closing = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.on_connect = self._connected
        self._client.on_message = self._down
        self._client.connect("127.0.0.1", broker)
        self._thread = threading.Thread(target=self._up, daemon=True)

    def __enter__(self) -> Relay:
        self._client.loop_start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()
        self._socket.close()

    def _connected(self, client: paho.Client, *_: object) -> None:
        client.subscribe(f"{DOWN}/+", 0)

    def _up(self) -> None:
        while not self._closing.is_set():
            try:
                data, where = self._socket.recvfrom(MOST + 1)
            except OSError:  # nothing came for a moment
                continue
            node = str(sender(data))
            self._where[node] = where
            self._client.publish(f"{UP}/{node}", data, 1)

    def _down(self, client: paho.Client, context: object, message: paho.MQTTMessage) -> None:
        where = self._where.get(message.topic.rpartition("/")[2])
        if where:
            with contextlib.suppress(OSError):
                self._socket.sendto(message.payload, where)
