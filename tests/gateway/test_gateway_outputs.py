"""Through real sockets and a real broker: datagrams in, events out, and what is away is waited for."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from itertools import count

import jinja2
import paho.mqtt.client as paho
import pytest

from ml.errors import UserError
from ml.gateway import keys, outputs
from ml.paths import ROOT
from tests.gateway.running import WAIT_S, Running, until
from tools.simulated.apps import APPS
from tools.simulated.nodes import Node, Weather
from tools.simulated.sink import Sink
from tools.simulated.trials import Load, free_port, kills

BROKER = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
CALM = Weather(lost=0, out=0, repeated=0, drift_ppm=0)


@pytest.fixture
def sink():
    made = Sink()
    yield made
    made.close()


def node(folder, number: int = 1, boot: int = 1) -> Node:
    """A node whose key is in the folder's file."""
    path = folder / "nodes.keys"
    made = keys.read(path).get(number) if path.exists() else None
    made = made or keys.add(path, number, 1, f"door-{number}")[0]
    return Node(number, made.key, APPS[0], CALM, time.monotonic(), boot, (10.0, 1.0))


class Sending:
    """A node on a UDP socket."""

    def __init__(self, node: Node, port: int) -> None:
        self.node, self._socket = node, socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(0.02)

    def happens(self, times: int) -> None:
        for _ in range(times):
            self.give(self.node.happens(time.monotonic())[0])

    def give(self, datagrams: list[bytes]) -> None:
        for data in datagrams:
            self._socket.send(data)

    def acknowledged(self) -> bool:
        """Hears one answer."""
        try:
            self.give(self.node.hears(self._socket.recv(2048), time.monotonic()))
        except TimeoutError:
            self.give(self.node.again(time.monotonic()))
        return not self.node.waiting


def settings(url: str, more: str = "") -> str:
    return f'[gateway]\nname = "north"\n[nodes]\n[udp]\nlisten = "127.0.0.1:0"\n[http]\nurl = "{url}"\n{more}'


def test_events_that_come_by_udp_are_posted_in_order_with_their_labels_and_counted(tmp_path, sink):
    sending, metrics = node(tmp_path), free_port(socket.SOCK_STREAM)
    with Running(tmp_path, settings(sink.url, f'[metrics]\nlisten = "127.0.0.1:{metrics}"\n')) as running:
        line = Sending(sending, running.gateway.udp.port)
        line.happens(10)
        until(line.acknowledged)
        until(lambda: sink.ledger.taken == 10)
        with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics") as answer:
            told = answer.read().decode()
    assert sink.ledger.seen == {("door-1", 1): set(range(10))} and sink.ledger.twice == 0
    assert set(sink.ledger.labels) <= set(APPS[0].labels)
    asked = set(re.findall(r"thimble_\w+", (ROOT / "docs/gateway/grafana.json").read_text()))
    assert asked <= set(re.findall(r"thimble_\w+", told)), "the dashboard asks for what is served"
    assert "thimble_events_stored_total 10.0" in told and 'thimble_datagrams_total{fate="taken"} 12.0' in told


def test_a_rule_over_two_nodes_is_an_event_of_its_own(tmp_path, sink):
    first, second = node(tmp_path, 1), node(tmp_path, 2)
    rule = '[[rule]]\nname = "both"\nkind = "several"\nnodes = ["door-*"]\nwithin_s = 20\nlate_s = 0.2\n'
    with Running(tmp_path, settings(sink.url, rule)) as running:
        for one in (first, second):
            line = Sending(one, running.gateway.udp.port)
            line.happens(1)
            until(line.acknowledged)
        until(lambda: ("rule.both", 0) in sink.ledger.seen)
    assert sink.ledger.labels["both"] == 1 and sink.ledger.taken == 3


def test_a_node_whose_description_was_lost_is_asked_for_it(tmp_path, sink):
    sending = node(tmp_path)
    with Running(tmp_path, settings(sink.url)) as running:
        line = Sending(sending, running.gateway.udp.port)
        line.give(sending.happens(time.monotonic())[0][2:])  # without INFO and telemetry
        until(line.acknowledged)
        until(lambda: line.acknowledged() and running.gateway.intake.nodes["door-1"].labels)
        line.happens(3)
        until(line.acknowledged)
        until(lambda: sink.ledger.taken == 4)
    assert sum(sink.ledger.labels[label] for label in APPS[0].labels) == 3


def test_an_uplink_that_is_away_loses_nothing_and_what_was_handed_on_is_not_handed_on_again(tmp_path):
    port, sending = free_port(socket.SOCK_STREAM), node(tmp_path)
    with Running(tmp_path, settings(f"http://127.0.0.1:{port}/events")) as running:
        line = Sending(sending, running.gateway.udp.port)
        line.happens(5)
        until(line.acknowledged)
        until(lambda: running.gateway.handing[0].problem)
    sink = Sink(port)
    for _ in range(2):
        with Running(tmp_path, settings(f"http://127.0.0.1:{port}/events")) as running:
            until(lambda: sink.ledger.taken == 5)
    assert sink.ledger.repeated == 0
    sink.close()


@pytest.mark.parametrize("answers", [True, False])
def test_a_batch_that_is_on_its_way_when_the_gateway_ends_comes_again_only_if_nobody_answers(
    tmp_path, sink, monkeypatch, answers
):
    arrived, answer, take = threading.Event(), threading.Event(), sink.ledger.take

    def take_and_wait(said: dict) -> None:
        take(said)
        arrived.set()
        answer.wait(WAIT_S)

    monkeypatch.setattr(sink.ledger, "take", take_and_wait)
    sending = node(tmp_path)
    with Running(tmp_path, settings(sink.url)) as running:
        line = Sending(sending, running.gateway.udp.port)
        line.happens(1)
        until(line.acknowledged)
        assert arrived.wait(WAIT_S)
        monkeypatch.setattr(outputs, "END_S", WAIT_S if answers else 0.1)
        running.end()
        if answers:
            answer.set()
    answer.set()
    with Running(tmp_path, settings(sink.url)) as running:
        line = Sending(sending, running.gateway.udp.port)
        line.happens(1)
        until(line.acknowledged)
        until(lambda: sink.ledger.taken == 2)
    assert sink.ledger.repeated == (0 if answers else 1)


def test_a_gateway_that_is_killed_again_and_again_loses_nothing_that_it_acknowledged():
    """Its nodes send by UDP and, where there is mosquitto, every other one by MQTT."""
    outcome = kills(Load(nodes=20, rate=150, seconds=0.5), count=3, seed=2, broker=BROKER is not None)
    assert outcome.lost == outcome.twice == 0 and outcome.acknowledged > 20


def test_a_full_outbox_acknowledges_nothing_says_so_and_goes_on_when_there_is_room(tmp_path, capfd):
    sending, away = node(tmp_path), f"http://127.0.0.1:{free_port(socket.SOCK_STREAM)}/events"
    with Running(tmp_path, settings(away)) as running:
        line, outbox = Sending(sending, running.gateway.udp.port), running.gateway.store.outbox
        outbox.limit(0)  # no more than it has now
        for _ in range(200):
            if not running.gateway.writer.full:
                line.happens(1)
                until(lambda: line.acknowledged() or running.gateway.writer.full)
        assert line.node.waiting and "expected room for events, found" in capfd.readouterr().err
        outbox.limit(10)
        until(line.acknowledged)
        kept = [event.sequence for _, event in outbox.after(0, 1000)]
    assert kept == list(range(line.node.sequence)) and not running.gateway.writer.full


def test_a_port_in_use_is_one_line_and_nothing_is_left_running(tmp_path, sink):
    node(tmp_path)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        text = settings(sink.url).replace(":0", f":{taken.getsockname()[1]}")
        with pytest.raises(UserError, match="expected a free port"), Running(tmp_path, text):
            pass


@pytest.fixture
def broker(tmp_path):
    """mosquitto on loopback; `start` and `stop` it."""
    if BROKER is None:
        pytest.skip("mosquitto is not installed: python3 tools/setup.py --all")
    made = Mosquitto(tmp_path, free_port(socket.SOCK_STREAM))
    made.start()
    yield made
    made.stop()


class Mosquitto:
    def __init__(self, folder, port: int) -> None:
        self.port, self._config, self._process = port, folder / "mosquitto.conf", None
        self._config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")

    def start(self) -> None:
        self._process = subprocess.Popen([BROKER, "-c", self._config], stderr=subprocess.DEVNULL)
        until(self._listens)

    def _listens(self) -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()


class Subscriber:
    """Keeps what comes, by topic."""

    def __init__(self, port: int, *topics: str) -> None:
        self.heard: list[tuple[str, bytes, bool]] = []
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _, __, m: self.heard.append((m.topic, m.payload, m.retain))
        self._client.on_connect = lambda client, *_: [client.subscribe(topic, 1) for topic in topics]
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def of(self, topic: str) -> list[dict]:
        """JSON."""
        return [json.loads(payload) for heard, payload, _ in self.heard if heard == topic]

    def publish(self, topic: str, data: bytes) -> None:
        self._client.publish(topic, data, 1)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def mqtt(port: int) -> str:
    return (
        f'[gateway]\nname = "north"\n[nodes]\n[mqtt]\nport = {port}\ndiscovery = "homeassistant"\n'
        f"[mqtt_in]\nport = {port}\n"
    )


def test_by_a_broker_datagrams_come_in_and_events_go_out_with_discovery_that_stays(tmp_path, broker):
    sending = node(tmp_path)
    with Running(tmp_path, mqtt(broker.port)):
        listener = Subscriber(broker.port, "thimble/#", "homeassistant/#")

        def acknowledged() -> bool:
            for topic, data, _ in list(listener.heard):
                if topic == "thimble/down/1":
                    sending.hears(data, time.monotonic())
            return not sending.waiting

        for _ in range(6):
            sending.happens(time.monotonic())
        listener.publish("thimble/up/1", b"\x54 no datagram")

        later_s = count(10**6, 100)

        def again() -> bool:  # until the gateway has subscribed
            for data in [sending.flood(0), *sending.again(next(later_s))]:
                listener.publish("thimble/up/1", data)
            time.sleep(0.2)
            return acknowledged()

        until(again)
        until(lambda: len(listener.of("thimble/door-1/event")) == 6)
        listener.close()
    events = listener.of("thimble/door-1/event")
    assert [event["sequence"] for event in events] == list(range(6))
    assert [event["number"] for event in events] == list(range(1, 7))
    later = Subscriber(broker.port, "thimble/#", "homeassistant/#")
    topic = "homeassistant/sensor/thimble_north/door-1/config"
    until(lambda: later.of(topic) and ("thimble/north/status", b"offline", True) in later.heard)
    assert later.of(topic)[0]["state_topic"] == "thimble/door-1/event"
    shown = jinja2.Template(later.of(topic)[0]["value_template"])  # by Home Assistant: what a larger model says counts
    told = {}, {"second": {"label": "no"}}, {"second": {"missing": "late"}}
    assert [shown.render(value_json={"label": "yes"} | one) for one in told] == ["yes", "no", "yes"]
    assert all(retained for _, _, retained in later.heard)
    later.close()


def test_a_broker_that_was_killed_gets_what_it_did_not_take(tmp_path, broker):
    sending = node(tmp_path)
    text = mqtt(broker.port).split("[mqtt_in]")[0] + '[udp]\nlisten = "127.0.0.1:0"\n'
    with Running(tmp_path, text) as running:
        line = Sending(sending, running.gateway.udp.port)
        line.happens(3)
        until(line.acknowledged)
        until(lambda: running.gateway.store.outbox.waiting() == {"mqtt": 0})
        broker.stop()
        line.happens(3)
        until(line.acknowledged)
        until(lambda: running.gateway.handing[0].problem)
        broker.start()
        listener = Subscriber(broker.port, "thimble/+/event")
        until(lambda: running.gateway.store.outbox.waiting() == {"mqtt": 0})
        until(lambda: [event["sequence"] for event in listener.of("thimble/door-1/event")] == [3, 4, 5])
        listener.close()


def test_ctrl_c_ends_the_tool_and_a_file_of_settings_that_is_wrong_is_one_line(tmp_path, sink):
    node(tmp_path)
    (tmp_path / "gateway.toml").write_text(settings(sink.url))
    words = [sys.executable, ROOT / "tools/gateway.py", "--config", tmp_path / "gateway.toml"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    said = []
    while not said or "Ctrl-C ends it" not in said[-1]:
        said.append(process.stderr.readline())
        assert said[-1], said
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0 and process.stderr.read() == ""
    assert said[0].startswith("north: from UDP on 127.0.0.1:")
    (tmp_path / "gateway.toml").write_text(settings("nothing"))
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "expected http:// or https://" in done.stderr
