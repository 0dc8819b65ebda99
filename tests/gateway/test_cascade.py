"""What a node is unsure of is judged by a larger model here, or goes on as it is and says why; nothing overtakes it."""

import asyncio
import json
import re
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.compress.quantise import run_int8
from ml.errors import UserError
from ml.gateway.cascade import Cascade
from ml.gateway.config import Second
from ml.gateway.counted import Counted
from ml.gateway.intake import Node
from ml.gateway.outbox import Event
from ml.gateway.rules import Told
from ml.gateway.second import SecondModel
from ml.gateway.windows import ANSWER, BESIDE, NoWindowError, Window
from ml.link.device import Device
from ml.link.frames import Frame
from ml.link.messages import Command, Status, Type
from ml.link.port import Port
from ml.link.sensor_bus import Player, Track
from ml.paths import ROOT
from tests.gateway.running import Running, until
from tests.gateway.test_gateway_boards import APP, RATE_MHZ, motion
from tests.gateway.test_gateway_outputs import Sending, node, settings
from tools.simulated.apps import APPS
from tools.simulated.sink import Sink

MODEL = ROOT / f"lib/{APP}_model/{APP}_model.tflite"
LABELS = ("backward", "bounce_down", "bounce_up", "forward", "left", "right", "shake_lr", "shake_ud", "turn_left",
          "turn_right", "none")  # fmt: skip
HASH = re.findall(r'"([0-9a-f]{16})", // hash of the model', MODEL.with_suffix(".h").read_text())[0]
CRC = zlib.crc32(HASH.encode())
SIZE = 240
WINDOW = np.random.default_rng(3).integers(-128, 128, SIZE).astype(np.int8).tobytes()


def second(app: str, late_s: float) -> str:
    """Settings that ask for every window."""
    models = f'first = "{MODEL}"\nmodel = "{MODEL}"\nlabels = {json.dumps(LABELS)}\n'
    return f'[[second]]\napp = "{app}"\nbetween = [40, 255]\nlate_s = {late_s}\n{models}'


def answer(question: bytes, model: int = CRC, size: int = SIZE, window: bytes = WINDOW) -> bytes:
    """A node's, to GET_WINDOW."""
    event, offset, count = (int.from_bytes(question[at : at + 2], "little") for at in (1, 3, 5))
    head = bytes([Command.GET_WINDOW, Status.OK]) + ANSWER.pack(event, model, size, offset)
    return head + window[offset : offset + count]


@given(st.binary(max_size=600), st.integers(BESIDE + 1, 700))
def test_a_window_comes_in_pieces_of_whatever_size_fits_and_is_what_was_kept(kept, room):
    window = Window(70000, 5, len(kept))
    while not window.whole:
        reply = answer(window.question(room), 5, len(kept), kept)
        assert len(reply) <= room and window.take(reply) and not window.take(reply)
    assert window.content == kept


@given(st.lists(st.binary(max_size=60) | st.builds(lambda head, rest: bytes([Command.GET_WINDOW, 0]) + head + rest,
       st.builds(ANSWER.pack, st.just(7), st.just(5), st.sampled_from((40, 41)), st.integers(0, 45)),
       st.binary(max_size=45)), max_size=8))  # fmt: skip
def test_whatever_a_node_answers_no_more_is_taken_than_was_asked_for(replies):
    window = Window(7, 5, 40)
    for reply in replies:
        try:
            window.take(reply)
        except NoWindowError as error:
            assert "\n" not in str(error)
        assert len(window.content) <= 40


class Line:
    """A node whose windows `board` answers, and what the cascade hands on; `room` says whether it is taken."""

    def __init__(self, board: Callable[[bytes], bytes | None], late_s: float = 30.0) -> None:
        self._board, self.given, self.room, self.counted = board, [], True, Counted()
        second = Second(APP, MODEL, MODEL, LABELS, (100, 200), late_s)
        self.cascade = Cascade((second,), self._give, self.counted)
        self.node = Node("press", "test", self._send)
        self.node.boot = 9

    def _give(self, node: Node | None, event: Event) -> bool:
        self.given += [event] if self.room else []
        return self.room

    def _send(self, frame: Frame) -> None:
        asyncio.get_running_loop().call_soon(self._reply, frame)

    def _reply(self, frame: Frame) -> None:
        if (payload := self._board(frame.payload)) is not None:
            for hear in self.node.taps[:]:
                hear(Frame(Type.REPLY, 0, frame.sequence, 0, payload))

    def happens(self, sequence: int, score: int, label: str = "left") -> bool:
        body = json.dumps({"app": APP, "label": label, "class": 4, "score": score})
        return self.cascade.give(self.node, Event("press", 9, 0, sequence, 1, 1, body))

    async def handed_on(self, count: int) -> list[dict | None]:
        running = asyncio.create_task(self.cascade.run())
        async with asyncio.timeout(60):
            while len(self.given) < count:
                await asyncio.sleep(0.01)
        running.cancel()
        self.cascade.close()
        assert [event.sequence for event in self.given] == list(range(count))
        assert not self.node.taps
        return [json.loads(event.body).get("second") for event in self.given]

    def fates(self) -> dict[str, int]:
        samples = next(iter(self.counted.second.collect())).samples
        return {one.labels["fate"]: int(one.value) for one in samples if one.name.endswith("_total")}


def test_only_what_is_between_the_scores_is_asked_for_and_nothing_overtakes_it():
    async def run() -> None:
        asked = []
        line = Line(lambda question: asked.append(question) or answer(question))
        assert all(line.happens(at, score) for at, score in enumerate((99, 150, 230, 201, 100)))
        assert [event.sequence for event in line.given] == [0]  # those behind it wait
        second = await line.handed_on(5)
        scores = run_int8(MODEL.read_bytes(), np.frombuffer(WINDOW, np.int8).reshape(1, 40, 6))[0].astype(int) + 128
        label = LABELS[int(scores.argmax())]
        judged = {"label": label, "score": int(scores.max()), "agreed": label == "left"}
        assert second == [None, judged, None, None, judged]
        pieces = -(-SIZE // (64 - BESIDE))  # of a node that has not told what it takes
        assert len(asked) == 2 * pieces
        assert line.fates() == {"agreed" if judged["agreed"] else "overruled": 2}
        assert Told.of(line.given[1]).label == label  # rules go by it

    asyncio.run(run())


@pytest.mark.parametrize(
    ("board", "reason", "fate"),
    [
        (lambda question: None, "nothing came within 0.2 s", "missing"),
        (lambda question: question[:1] + bytes([Status.NOT_NOW]), "the node has it no longer", "missing"),
        (lambda question: question[:1] + bytes([Status.UNKNOWN]), "the node's firmware is too old for it", "missing"),
        (lambda question: answer(question, size=241), "expected a window of 240 bytes, found one of 241", "refused"),
        (lambda question: answer(question, model=1), "expected a window of the model", "refused"),
        (lambda question: answer(question, window=b""), "nothing came within 0.2 s", "missing"),  # it is always to come
        (lambda question: answer(question) + bytes(240), "expected at most 240 bytes of a window, found 2", "refused"),
        (lambda question: question[:1] + bytes(9), "expected an answer of 12 bytes or more, found 10", "refused"),
    ],
)
def test_without_a_window_the_event_goes_on_and_says_why(board, reason, fate, capfd):
    async def run() -> None:
        line = Line(board, late_s=0.2)
        line.happens(0, 150)
        line.happens(1, 150)
        for second in await line.handed_on(2):
            assert second is not None and second["missing"].startswith(reason)
        assert line.fates() == {fate: 2}
        assert Told.of(line.given[0]).label == "left"

    asyncio.run(run())
    told = capfd.readouterr().err
    assert told.count("\n") == (fate == "refused") and (reason in told) == (fate == "refused")  # one line for both


def test_a_node_that_starts_again_has_no_such_window_and_what_finds_no_room_waits():
    async def run() -> None:
        line = Line(lambda question: None)
        line.happens(0, 150)
        line.node.boot, line.room = 10, False
        running = asyncio.create_task(line.cascade.run())
        await asyncio.sleep(0.2)
        running.cancel()
        assert not line.given
        line.room = True
        assert await line.handed_on(1) == [{"missing": "the node has started again"}]

    asyncio.run(run())


def test_models_that_do_not_fit_each_other_are_one_line(tmp_path):
    broken, keyword = tmp_path / "broken.tflite", ROOT / "lib/keyword_spotting_model/keyword_spotting_model.tflite"
    broken.write_bytes(MODEL.read_bytes()[:999])
    for first, model, labels, expected in (
        (MODEL, keyword, LABELS, r"expected an input as that of .*\(1, 40, 6\), found \(1, 48, 40\)"),
        (MODEL, MODEL, LABELS[1:], "expected a score for each of 10 labels, found 11"),
        (MODEL, Path("gone.tflite"), LABELS, "expected a .tflite, found: No such file"),
        (broken, MODEL, LABELS, "broken.tflite"),
        (MODEL, broken, LABELS, "broken.tflite"),
    ):
        with pytest.raises(UserError, match=expected) as error:
            SecondModel(Second(APP, first, model, labels, (0, 1), 1))
        assert "\n" not in str(error.value)


def test_an_event_that_waits_for_its_window_outlives_the_gateway_and_comes_once(tmp_path):
    """These nodes keep no windows."""
    sink, sending = Sink(), node(tmp_path)
    with Running(tmp_path, settings(sink.url, second(APPS[0].name, 60))) as running:
        line = Sending(sending, running.gateway.udp.port)
        line.happens(3)
        until(lambda: line.acknowledged() or running.gateway.cascade._count == 3)
    assert sending.waiting == 3 and not sink.ledger.taken
    with Running(tmp_path, settings(sink.url, second(APPS[0].name, 0.2))) as running:
        line = Sending(sending, running.gateway.udp.port)
        until(line.acknowledged)
        until(lambda: sink.ledger.taken == 3)
    assert sink.ledger.seen == {("door-1", 1): {0, 1, 2}} and not sink.ledger.twice
    sink.close()


def test_the_window_of_a_real_board_is_the_one_that_it_judged(started, tmp_path):
    """With its own model as the second one, the answer here is that of the board, which tells more."""
    board, sink = started(f"{APP}-host"), Sink()
    text = f'[[board]]\nname = "press"\nport = "{board.console}"\n[http]\nurl = "{sink.url}"\n{second(APP, 30)}'
    scores: dict[int, bytes] = {}
    stored: list[Event] = []

    def hear(frame: Frame) -> None:
        if frame.type == Type.DATA:
            scores[frame.time_us] = frame.payload

    with Running(tmp_path, text) as running:
        node = running.gateway.intake.nodes["press"]
        until(lambda: node.boot is not None, "the board's run to have a name")
        running.gateway.writer.committed.append(stored.extend)
        start = Frame(Type.COMMAND, sequence=9, payload=bytes([Command.START, 1]))
        running.loop.call_soon_threadsafe(lambda: (node.taps.append(hear), node.send(start)))
        until(lambda: "press" in running.gateway.thresholds._done, "the board to know its threshold")
        with Player(Port(str(board.folder / "sensors"))) as player:
            player.play({"imu": Track(motion(1), RATE_MHZ)})
        until(lambda: node.next >= 2 and node.committed == node.next, "all to be committed")
        until(lambda: sink.ledger.taken >= node.next)
    sink.close()
    with Device.open(str(board.console)) as device:
        assert device.thresholds() == [40] * len(LABELS)
    times, judged = sorted(scores), []
    for event in stored:
        said = json.loads(event.body)
        later = [at for at in times if at > said["device_us"] % 2**32]  # the window ends a step later than the event's
        judged += [(later[0], said["second"])] if later and "label" in said["second"] else []
    assert judged
    for at, one in judged:
        there = scores[at][LABELS.index(one["label"])]
        assert max(scores[at]) - 1 <= there and abs(there - one["score"]) <= 1  # LiteRT rounds a softmax otherwise
