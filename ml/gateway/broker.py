"""MQTT, both ways: events as JSON to a broker, and datagrams of nodes from one. The broker is an existing one."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import math
from pathlib import Path

import aiomqtt
from aiomqtt import MqttError

from ml.errors import UserError
from ml.gateway.config import Broker, FromBroker, ToBroker
from ml.gateway.datagrams import Datagrams
from ml.gateway.outputs import AwayError, Rows, as_json
from ml.link.datagram import MOST
from ml.progress import say

TIMEOUT_S = 10.0  # without any answer
AGAIN_S = 2.0
BATCH = 2000  # at the end of each, a broker without TCP_NODELAY holds its last acknowledgements back for 40 ms
IN_FLIGHT = 64  # messages that the broker has not acknowledged; aiomqtt looks through all of them for each one
ON, OFF = "online", "offline"


def secret(path: Path) -> str:
    """The one line of a file."""
    text = path.read_text(encoding="utf-8").strip()
    if not text or not text.isprintable():
        raise UserError(f"{path}: expected a secret in one line, found none")
    return text


def client(broker: Broker, identifier: str, **more) -> aiomqtt.Client:
    """Not connected yet."""
    made = aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.user or None,
        password=secret(broker.password) if broker.password else None,
        tls_params=aiomqtt.TLSParameters() if broker.tls else None,
        identifier=identifier,
        timeout=TIMEOUT_S,
        max_inflight_messages=0,  # `Publishing` counts them: paho would look through all of them as well
        **more,
    )
    made.pending_calls_threshold = IN_FLIGHT  # so many wait for an answer at once, and nobody need be warned
    return made


class Publishing:
    """An output: TOPIC/NODE/event, QoS 1; TOPIC/GATEWAY/status is `online` or `offline`, retained.

    With Home Assistant's discovery each node is a sensor, by a retained message: it is there after a restart of either.
    """

    name, batch = "mqtt", BATCH

    def __init__(self, settings: ToBroker, gateway: str) -> None:
        self._settings, self._gateway = settings, gateway
        self._status = f"{settings.topic}/{gateway}/status"
        self._client: aiomqtt.Client | None = None
        self._stack = contextlib.AsyncExitStack()
        self._told: set[str] = set()

    async def send(self, rows: Rows) -> None:
        try:
            if self._client is None:
                await self._connect()
            await self._discover({event.node for _, event in rows} - self._told)
            await self._publish(
                [
                    (f"{self._settings.topic}/{event.node}/event", as_json(number, event, self._gateway), False)
                    for number, event in rows
                ]
            )
        except MqttError as error:
            await self._drop()
            broker = self._settings.broker
            raise AwayError(f"expected a broker at {broker.host}:{broker.port}, found: {error}") from None

    async def _connect(self) -> None:
        will = aiomqtt.Will(self._status, OFF, qos=1, retain=True)
        made = client(self._settings.broker, f"thimble-{self._gateway}", will=will)
        self._client = await self._stack.enter_async_context(made)
        self._told.clear()
        await self._publish([(self._status, ON, True)])

    async def _publish(self, messages: list[tuple[str, str, bool]]) -> None:
        """They arrive in this order, and are taken when the broker has acknowledged each.

        Each of the senders takes the next message when its last one is acknowledged. Between taking and writing none
        of them waits, so nothing overtakes.
        """
        assert self._client is not None
        left, publish, now = iter(messages), self._client.publish, asyncio.get_running_loop().time

        async def send() -> None:
            for topic, text, retain in left:
                await publish(topic, text, qos=1, retain=retain, timeout=math.inf)
                if not silence.expired():
                    silence.reschedule(now() + TIMEOUT_S)

        try:
            async with asyncio.timeout(TIMEOUT_S) as silence, asyncio.TaskGroup() as senders:
                for _ in range(min(IN_FLIGHT, len(messages))):
                    senders.create_task(send())
        except* MqttError as errors:
            raise errors.exceptions[0] from None
        except* TimeoutError:
            raise MqttError(f"no acknowledgement within {TIMEOUT_S:g} s") from None

    async def _discover(self, nodes: set[str]) -> None:
        if self._settings.discovery and nodes:
            prefix = f"{self._settings.discovery}/sensor/thimble_{self._gateway}"
            found = [
                (f"{prefix}/{_object(node)}/config", json.dumps(self._sensor(node)), True) for node in sorted(nodes)
            ]
            await self._publish(found)
        self._told |= nodes

    def _sensor(self, node: str) -> dict:
        """As https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery describes a sensor."""
        topic = f"{self._settings.topic}/{node}/event"
        unique = f"thimble_{self._gateway}_{node}"
        return {
            "name": "Last event",
            "unique_id": unique,
            "state_topic": topic,
            "value_template": "{{ (value_json.second | default({})).label | default(value_json.label) }}",
            "json_attributes_topic": topic,
            "availability_topic": self._status,
            "device": {"identifiers": [unique], "name": node, "manufacturer": "Thimble", "via_device": self._gateway},
        }

    async def close(self) -> None:
        """Says that it goes, where there is a broker to say it to."""
        if self._client is not None:
            with contextlib.suppress(MqttError):
                await self._publish([(self._status, OFF, True)])
        await self._drop()

    async def _drop(self) -> None:
        self._client = None
        stack, self._stack = self._stack, contextlib.AsyncExitStack()
        with contextlib.suppress(MqttError):
            await stack.aclose()


def _object(node: str) -> str:
    """Home Assistant takes letters, digits, _ and -."""
    return node.replace(".", "_")


class Subscribed:
    """An input: each message is a datagram; answers go to ANSWER/NODE."""

    def __init__(self, settings: FromBroker, datagrams: Datagrams, gateway: str) -> None:
        self._settings, self._datagrams, self._gateway = settings, datagrams, gateway
        self.problem = ""
        self._answers: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(10_000)

    async def run(self) -> None:
        """Until it is cancelled; a broker that is away is tried again."""
        while True:
            try:
                async with client(self._settings.broker, f"thimble-{self._gateway}-in") as connected:
                    self.problem = ""
                    await connected.subscribe(self._settings.subscribe, qos=1)
                    async with asyncio.TaskGroup() as tasks:
                        tasks.create_task(self._answer(connected))
                        tasks.create_task(self._listen(connected))
            except* MqttError as errors:
                self._away(str(errors.exceptions[0]))
            await asyncio.sleep(AGAIN_S)

    def _away(self, reason: str) -> None:
        if not self.problem:
            broker = self._settings.broker
            say(f"mqtt_in: expected a broker at {broker.host}:{broker.port}, found: {reason}; trying again")
        self.problem = reason

    async def _listen(self, connected: aiomqtt.Client) -> None:
        async for message in connected.messages:
            payload = message.payload
            if isinstance(payload, bytes) and len(payload) <= MOST:
                node = str(message.topic).rpartition("/")[2]
                self._datagrams.take(payload, ("mqtt", node), functools.partial(self._queue, node))

    def _queue(self, node: str, data: bytes) -> None:
        with contextlib.suppress(asyncio.QueueFull):  # what does not arrive is sent again
            self._answers.put_nowait((f"{self._settings.answer}/{node}", data))

    async def _answer(self, connected: aiomqtt.Client) -> None:
        while True:
            topic, data = await self._answers.get()
            await connected.publish(topic, data, qos=0)
