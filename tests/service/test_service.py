"""What a host may rely on when it talks to the service."""

import struct
import zlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_device import AXES, CLASSES, HOP, INPUT, WINDOW, MemoryDevice

from ml.link.frames import Frame
from ml.link.messages import ALL, MODEL_INPUT, Command, Cycles, Gate, Status, Type
from ml.link.payloads import parse_event, parse_info, parse_telemetry

KEPT = 8  # SERVICE_KEPT
LEFT = [0, -4000, 0, 0, 0, 0]  # makes class 1 certain


def of_type(frames: list, kind: Type) -> list[Frame]:
    return [frame for frame in frames if frame.type == kind]


def windows_of(samples: np.ndarray) -> np.ndarray:
    """The test app's front end: int8 (k, window, 6)."""
    ends = range(WINDOW, len(samples) + 1, HOP)
    q = np.clip((samples.astype(int) + 8) >> 4, -128, 127).astype(np.int8)
    return np.array([q[end - WINDOW : end] for end in ends]).reshape(-1, WINDOW, AXES)


def layers_of(window: np.ndarray) -> list[bytes]:
    """The test app's model."""
    sums = np.clip(window.astype(int).sum(axis=0), -128, 127).astype(np.int8)
    return [sums.tobytes(), sums[:CLASSES].tobytes(), (~sums[:CLASSES]).tobytes()]


def recording(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-300, 300, (count, AXES)).astype(np.int16)


def test_session_info_and_telemetry_come_at_start_and_once_a_second():
    frames = MemoryDevice().turn(5500)
    for kind in (Type.INFO, Type.TELEMETRY):
        times = [frame.time_us for frame in of_type(frames, kind)]
        assert len(times) == 6
        assert all(abs(b - a - 1_000_000) <= 1000 for a, b in pairwise(times))
        assert [frame.sequence for frame in of_type(frames, kind)] == list(range(6))


def test_session_info_describes_the_device():
    frame = of_type(MemoryDevice().turn(), Type.INFO)[0]
    info = parse_info(frame.payload)
    assert (info.version, info.app, info.board, info.cycles_hz, info.stack) == (1, "test_app", "memory", 10**6, 4096)
    assert (info.model.hash, info.model.layers, info.model.input, info.model.output) == (
        "0123456789abcdef",
        3,
        INPUT,
        3,
    )
    assert info.labels == ("rest", "left", "right")
    imu, scores, timing = info.streams
    assert [(c.name, c.unit, c.per_unit) for c in imu.channels][2:4] == [("az", "g", 2048), ("gx", "dps", 16)]
    assert (imu.format, imu.rate_mhz, scores.format, scores.rate_mhz) == ("int16", 10**6, "uint8", 250_000)
    assert (timing.id, timing.name, timing.format, timing.rate_mhz) == (2, "timing", "uint32", 250_000)
    assert frame.time_us == info.uptime_us % 2**32


def test_uptime_goes_on_where_the_clock_wraps():
    device = MemoryDevice()
    device.turn()
    frames = device.turn(10, us=2**29)
    uptimes = [parse_info(frame.payload).uptime_us for frame in of_type(frames, Type.INFO)]
    assert uptimes == [1000 + 2**29 * (i + 1) for i in range(10)]


def test_a_detection_is_reported_with_its_time_and_cycles():
    device = MemoryDevice()
    device.turn()
    device.board.work_us = 123
    frames = device.sense(np.array([LEFT] * WINDOW, np.int16))
    (event,) = of_type(frames, Type.EVENT)
    parsed = parse_event(event.payload)
    assert (parsed.class_id, parsed.score, parsed.window) == (1, 255, 0)
    assert (parsed.frontend_cycles, parsed.inference_cycles, parsed.decide_cycles) == (1, 2, 3)
    assert (event.time_us, parsed.latency_us) == (1000 + WINDOW * 1000, 123)


def test_telemetry_counts_what_happened():
    device = MemoryDevice()
    device.turn()
    device.sense(np.array([LEFT] * (WINDOW + HOP * 4), np.int16))
    device.board.overruns = 9
    telemetry = parse_telemetry(device.ask(Command.GET_STATS))
    assert (telemetry.windows, telemetry.events, telemetry.overruns, telemetry.missed) == (5, 1, 9, 0)
    assert (telemetry.inference.last, telemetry.inference.min, telemetry.inference.max) == (2, 2, 2)
    assert telemetry.saturated == (0, WINDOW * 5, 0, 0, 0, 0)
    assert telemetry.scores == (127, 255, 127)
    assert (telemetry.stack, telemetry.frames, telemetry.errors) == (321, 1, 0)
    device.ask(Command.RESET_STATS)
    after = parse_telemetry(device.ask(Command.GET_STATS))
    assert (after.windows, after.events, after.overruns, after.saturated) == (0, 0, 0, (0,) * AXES)
    assert after.frames == 1


@pytest.mark.parametrize(("work_us", "missed"), [(4000, 0), (4001, 1)])
def test_a_window_that_is_done_after_the_next_was_due_is_a_missed_deadline(work_us, missed):
    device = MemoryDevice()
    device.board.work_us = work_us  # windows come every 4 ms
    device.sense(recording(WINDOW))
    assert parse_telemetry(device.ask(Command.GET_STATS)).missed == missed


def test_windows_in_which_the_network_slept_are_counted_apart():
    device = MemoryDevice()
    device.ask(Command.START, bytes([1]))
    device.sense(recording(WINDOW + HOP))
    device.board.still = True
    slept = of_type(device.sense(recording(3 * HOP)), Type.DATA)
    assert [list(frame.payload) for frame in slept] == [[255, 0, 0]] * 3
    told = parse_telemetry(device.ask(Command.GET_STATS))
    assert (told.windows, told.asleep, told.scores) == (5, 3, (255, 0, 0))
    assert told.gate == Gate(open=False, steps=5, steps_open=2, openings=1)
    assert told.gate.duty == 0.4
    device.ask(Command.RESET_STATS)
    device.board.still = False
    device.sense(recording(HOP))
    told = parse_telemetry(device.ask(Command.GET_STATS))
    assert (told.windows, told.asleep, told.gate) == (1, 0, Gate(True, 1, 1, 1))


def test_cycles_of_an_inference_are_those_of_windows_that_had_one():
    device = MemoryDevice()
    device.board.still = True
    device.sense(recording(WINDOW))
    assert parse_telemetry(device.ask(Command.GET_STATS)).inference == Cycles(0, 0, 0)
    device.board.still = False
    device.sense(recording(HOP))
    assert parse_telemetry(device.ask(Command.GET_STATS)).inference == Cycles(2, 2, 2)


def test_an_event_is_of_the_window_that_made_it_however_long_the_network_slept_before():
    device = MemoryDevice()
    device.board.still = True
    device.sense(recording(WINDOW + 9 * HOP))
    device.board.still = False
    frames = device.sense(np.array([LEFT] * WINDOW, np.int16))
    assert parse_event(of_type(frames, Type.EVENT)[0].payload).window in (10, 11)


def test_thresholds_are_set_at_run_time():
    device = MemoryDevice()
    assert device.ask(Command.GET_THRESHOLDS) == bytes([200, 201, 202])
    device.ask(Command.SET_THRESHOLD, bytes([1, 99]))
    assert device.ask(Command.GET_THRESHOLDS) == bytes([200, 99, 202])
    device.ask(Command.SET_THRESHOLD, bytes([ALL, 7]))
    assert device.ask(Command.GET_THRESHOLDS) == bytes([7, 7, 7])
    assert device.command(Command.SET_THRESHOLD, bytes([CLASSES, 1]))[0].status == Status.BAD_ARGUMENT


def test_ping_returns_its_bytes_up_to_the_longest():
    device = MemoryDevice()
    for size in (0, 1, 765, 766):
        assert device.ask(Command.PING, bytes(range(256))[:1] * size) == b"\0" * size
    assert len(device.ask(Command.PING, bytes(767))) == 766


def test_info_follows_on_request():
    device = MemoryDevice()
    device.turn()
    reply, frames = device.command(Command.GET_INFO)
    assert reply.status == Status.OK
    assert len(of_type(frames, Type.INFO)) == 1


def test_streams_are_silent_until_they_are_started():
    device = MemoryDevice()
    samples = recording(40)
    assert of_type(device.sense(samples), Type.DATA) == []
    device.ask(Command.START, bytes([0]))
    data = of_type(device.sense(samples), Type.DATA)
    assert b"".join(frame.payload for frame in data) == samples[:32].tobytes()
    assert [frame.sequence for frame in data] == [0, 1]
    assert data[1].time_us - data[0].time_us == 16_000
    rest = of_type(device.turn(100), Type.DATA)
    assert [frame.payload for frame in rest] == [samples[32:].tobytes()]
    device.ask(Command.STOP, bytes([ALL]))
    assert of_type(device.sense(samples), Type.DATA) == []


def test_session_info_says_which_streams_are_on():
    device = MemoryDevice()
    device.ask(Command.START, bytes([1]))
    assert [stream.on for stream in parse_info(of_type(device.turn(1100), Type.INFO)[0].payload).streams] == [
        False,
        True,
        False,
    ]


def test_samples_that_the_sensor_dropped_are_a_gap_and_counted():
    device = MemoryDevice()
    device.ask(Command.START, bytes([0]))
    frames = device.sense(recording(20))
    device.board.lose = 5
    frames = of_type(frames + device.sense(recording(20)), Type.DATA)
    assert [(frame.sequence, len(frame.payload) // (2 * AXES)) for frame in frames] == [(0, 16), (1, 4), (3, 16)]
    info = parse_info(of_type(device.turn(1100), Type.INFO)[0].payload)
    assert (info.streams[0].lost, info.streams[0].dropped) == (5, 0)


def test_scores_of_every_window_are_a_stream():
    device = MemoryDevice()
    device.ask(Command.START, bytes([1]))
    samples = recording(20)
    data = of_type(device.sense(samples), Type.DATA)
    scores = [np.frombuffer(layers_of(window)[2], np.int8).astype(int) + 128 for window in windows_of(samples)]
    assert [list(frame.payload) for frame in data] == [row.tolist() for row in scores]
    assert {frame.stream for frame in data} == {1}


def inject(device: MemoryDevice, samples: np.ndarray) -> int:
    """Windows completed."""
    parts = [samples[i : i + 63] for i in range(0, len(samples), 63)]
    return sum(struct.unpack("<H", device.ask(Command.INJECT, part.tobytes()))[0] for part in parts)


def test_injected_samples_take_the_way_of_the_sensor():
    device = MemoryDevice()
    device.ask(Command.INJECT_BEGIN, bytes(4))
    device.ask(Command.START, bytes([1]))
    device.sense(recording(WINDOW, seed=9))  # ignored
    samples = recording(100)
    assert inject(device, samples) == len(windows_of(samples))
    assert parse_telemetry(device.ask(Command.GET_STATS)).windows == len(windows_of(samples))


def test_samples_are_injected_at_any_rate():
    device = MemoryDevice()
    device.ask(Command.INJECT_BEGIN, struct.pack("<I", 2_000_000))
    samples = recording(2 * WINDOW)
    assert inject(device, samples) == 1
    halves = np.floor((samples[::2].astype(int) + samples[1::2] + 1) / 2)
    crc, _ = struct.unpack("<II", device.ask(Command.RUN_FRONTEND))
    assert crc == zlib.crc32(windows_of(halves)[0].tobytes())


def test_the_sensor_starts_afresh_after_an_injection():
    device = MemoryDevice()
    device.ask(Command.INJECT_BEGIN, bytes(4))
    inject(device, recording(WINDOW - 1))
    device.ask(Command.INJECT_END)
    device.sense(recording(WINDOW - 1))
    assert parse_telemetry(device.ask(Command.GET_STATS)).windows == 0


def test_the_sensor_takes_over_when_the_host_falls_silent():
    device = MemoryDevice()
    device.ask(Command.INJECT_BEGIN, bytes(4))
    device.turn(9, us=1_000_000)
    assert device.c.service_injecting()
    device.ask(Command.PING)
    device.turn(9, us=1_000_000)
    assert device.c.service_injecting()
    device.turn(2, us=1_000_000)
    assert not device.c.service_injecting()


@pytest.mark.parametrize("size", [1, 11, 13, 767])
def test_parts_of_a_sample_are_refused(size):
    device = MemoryDevice()
    device.ask(Command.INJECT_BEGIN, bytes(4))
    assert device.command(Command.INJECT, bytes(size))[0].status == Status.BAD_ARGUMENT


@pytest.mark.parametrize("command", [Command.INJECT, Command.INJECT_END, Command.RUN_FRONTEND])
def test_commands_out_of_order_are_refused(command):
    assert MemoryDevice().command(command, bytes(12)[: 12 * (command == Command.INJECT)])[0].status == Status.NOT_NOW


def test_every_stage_can_be_compared():
    device = MemoryDevice()
    samples = recording(WINDOW, seed=3)
    device.ask(Command.INJECT_BEGIN, bytes(4))
    assert device.command(Command.RUN_FRONTEND)[0].status == Status.NOT_NOW
    inject(device, samples)
    window = windows_of(samples)[0]
    crc, cycles = struct.unpack("<II", device.ask(Command.RUN_FRONTEND))
    assert (crc, cycles) == (zlib.crc32(window.tobytes()), 7)
    assert device.ask(Command.READ_TENSOR, struct.pack("<HIH", MODEL_INPUT, 0, INPUT)) == window.tobytes()
    for index, expected in enumerate(layers_of(window)):
        crc, _ = struct.unpack("<II", device.ask(Command.RUN_LAYER, struct.pack("<H", index)))
        assert crc == zlib.crc32(expected)
        assert device.ask(Command.READ_TENSOR, struct.pack("<HIH", index, 1, 2)) == expected[1:3]


def test_a_host_may_write_the_models_input():
    device = MemoryDevice()
    window = np.arange(INPUT, dtype=np.int8) - 20
    for offset in (0, 20, 40):
        device.ask(Command.WRITE_INPUT, struct.pack("<I", offset) + window.tobytes()[offset : offset + 20])
    device.ask(Command.RUN_LAYER, struct.pack("<H", 0))
    expected = layers_of(window.reshape(WINDOW, AXES))[0]
    assert device.ask(Command.READ_TENSOR, struct.pack("<HIH", 0, 0, AXES)) == expected


def test_self_test_runs_the_fixed_input():
    x, fixed = 12345, []
    for _ in range(INPUT):
        x = (x * 1664525 + 1013904223) % 2**32
        fixed.append(x >> 24)
    output = layers_of(np.array(fixed, np.uint8).view(np.int8).reshape(WINDOW, AXES))[2]
    assert struct.unpack("<II", MemoryDevice().ask(Command.SELF_TEST)) == (zlib.crc32(output), 0)


@pytest.mark.parametrize(
    ("command", "args"),
    [
        (Command.RUN_LAYER, struct.pack("<H", 3)),
        (Command.RUN_LAYER, struct.pack("<H", MODEL_INPUT)),
        (Command.READ_TENSOR, struct.pack("<HIH", 3, 0, 1)),
        (Command.READ_TENSOR, struct.pack("<HIH", MODEL_INPUT, 0, INPUT + 1)),
        (Command.READ_TENSOR, struct.pack("<HIH", MODEL_INPUT, INPUT, 1)),
        (Command.READ_TENSOR, struct.pack("<HIH", MODEL_INPUT, 2**32 - 1, 2)),
        (Command.READ_TENSOR, struct.pack("<HIH", 0, 0, 65535)),
        (Command.WRITE_INPUT, struct.pack("<I", INPUT) + b"x"),
        (Command.WRITE_INPUT, struct.pack("<I", 2**32 - 1) + b"xx"),
        (Command.WRITE_INPUT, b"\0\0\0"),
        (Command.INJECT_BEGIN, struct.pack("<I", 999)),
        (Command.INJECT_BEGIN, struct.pack("<I", 2**31)),
        (Command.START, bytes([3])),
        (Command.START, b""),
        (Command.GET_INFO, b"x"),
    ],
)
def test_arguments_out_of_bounds_are_refused(command, args):
    assert MemoryDevice().command(command, args)[0].status == Status.BAD_ARGUMENT


def test_unknown_commands_are_answered_as_such():
    assert MemoryDevice().command(0xEE)[0].status == Status.UNKNOWN


def test_reset_is_answered_before_it_happens():
    device = MemoryDevice()
    device.command(Command.RESET_BOARD)
    assert device.board.resets > 0


def test_a_host_that_does_not_read_costs_whole_frames_and_is_told():
    device = MemoryDevice()
    device.turn()
    device.board.room = 0
    device.turn(20, us=1_000_000)
    device.board.room = 1_000_000
    frames = device.turn(3, us=1)  # the decoder in there would have seen half a frame
    lost = parse_telemetry(device.ask(Command.GET_STATS)).dropped
    infos, telemetry = of_type(frames, Type.INFO), of_type(frames, Type.TELEMETRY)
    assert lost == 2 * 20 - len(infos) - len(telemetry) > 0
    (later,) = of_type(device.turn(1, us=1_000_000), Type.INFO)
    assert later.sequence == 21


def test_commands_are_answered_although_streams_fill_the_queue():
    device = MemoryDevice()
    device.ask(Command.START, bytes([ALL]))
    device.board.room = 0
    device.sense(recording(400))
    device.send(Frame(Type.COMMAND, sequence=77, payload=bytes([Command.PING])).encode())
    device.turn(2)
    device.board.room = 100_000
    assert [frame.sequence for frame in of_type(device.turn(2), Type.REPLY)] == [77]


def test_a_console_that_takes_a_byte_at_a_time_gets_everything():
    device = MemoryDevice()
    frames = []
    for _ in range(2000):
        device.board.room = 1
        frames += device.turn(us=0)
    assert {frame.type for frame in frames} == {Type.INFO, Type.TELEMETRY}


commands = st.builds(
    lambda command, args: Frame(Type.COMMAND, payload=bytes([command]) + args).encode(),
    st.sampled_from([c for c in Command if c != Command.RESET_BOARD]) | st.integers(0x12, 255),
    st.binary(max_size=20) | st.builds(lambda n: bytes(12 * n), st.integers(0, 64)),
)


@settings(max_examples=150)
@given(st.lists(commands | st.binary(max_size=60), max_size=12))
def test_no_bytes_from_the_host_stop_the_device(parts):
    device = MemoryDevice()
    device.send(b"".join(parts) + b"\0")
    device.turn(1200, us=10)
    assert device.board.to_first == device.board.to_end
    assert device.ask(Command.PING, b"alive") == b"alive"


def happen(device: MemoryDevice, times: int) -> list[Frame]:
    """So many events, one after the other."""
    frames = []
    for seed in range(times):
        frames += device.sense(np.array([LEFT] * WINDOW, np.int16)) + device.sense(recording(4 * WINDOW, seed) // 8)
    return of_type(frames, Type.EVENT)


def events(device: MemoryDevice, boot: int, before: int, then: int = 0) -> tuple[tuple[int, ...], list[Frame]]:
    """What EVENTS answers, and the events that come with it."""
    reply, frames = device.command(Command.EVENTS, struct.pack("<IHB", boot, before, then))
    assert reply.status == Status.OK
    return struct.unpack("<IHH", reply.data), of_type(frames, Type.EVENT)


def test_events_are_kept_until_a_host_has_stored_them_and_sent_again_as_they_were():
    device = MemoryDevice()
    device.turn()
    sent = happen(device, 5)
    count = len(sent)
    assert 5 <= count <= KEPT
    assert events(device, 77, 2) == ((0, 0, count), [])  # it has no name: the host knew a run before this one
    assert events(device, 77, 2, then=2) == ((77, 0, count), [])  # before it has a name nothing is forgotten
    assert events(device, 78, 2, then=2) == ((77, 0, count), [])  # the first name stays, and another forgets nothing
    assert events(device, 77, 0, then=1) == ((77, 0, count), sent)
    assert events(device, 77, 2, then=1) == ((77, 2, count), sent[2:])
    assert events(device, 77, count + 1)[0] == (77, 2, count)  # what never was is not forgotten
    assert events(device, 77, count, then=1) == ((77, count, count), [])
    assert device.command(Command.EVENTS, struct.pack("<IHB", 0, 0, 0))[0].status == Status.BAD_ARGUMENT
    assert device.command(Command.EVENTS, struct.pack("<IHB", 77, 0, 3))[0].status == Status.BAD_ARGUMENT


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2**16 - 1), st.booleans()), max_size=12))
def test_of_kept_events_the_oldest_go_first_whatever_is_asked(steps):
    device = MemoryDevice()
    device.turn()
    events(device, 1, 0, then=2)
    first, sent = 0, []
    for count, before, near in steps:
        sent += happen(device, count)
        first = max(first, len(sent) - KEPT)
        asked = min(len(sent), first + before % 3) if near else before
        if first <= asked <= len(sent):
            first = asked
        assert events(device, 1, asked, then=1) == ((1, first, len(sent)), sent[first:])


def window_of(device: MemoryDevice, event: int, offset: int = 0, count: int = INPUT) -> tuple[int, bytes]:
    """Status and answer of GET_WINDOW."""
    reply, _ = device.command(Command.GET_WINDOW, struct.pack("<HHH", event, offset, count))
    return reply.status, reply.data


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 99), st.integers(1, 20), st.integers(0, INPUT + 1), st.integers(0, INPUT + 1))
def test_the_window_behind_the_last_event_is_kept_and_the_one_before_no_more(seed, after, offset, count):
    """It ends a step later than the event's."""
    device, rows = MemoryDevice(), np.concatenate([recording(40, seed) // 8, [LEFT] * WINDOW, [[0] * AXES] * after])
    device.turn()
    sent = happen(device, 1) + of_type(device.sense(rows.astype(np.int16)), Type.EVENT)
    assert len(sent) >= 2
    last, model = len(sent) - 1, zlib.crc32(b"0123456789abcdef")
    felt = np.concatenate([[LEFT] * WINDOW, recording(4 * WINDOW) // 8, rows]).astype(np.int16)
    later = windows_of(felt)[parse_event(sent[last].payload).window + 1 :][:1].tobytes()  # it may be to come
    device.sense(np.zeros((1, AXES), np.int16))  # the front end goes on, the window stays
    head = struct.pack("<HIHH", last, model, INPUT, offset)
    good = (Status.OK, head + later[offset : offset + count])
    assert window_of(device, last, offset, count) == (good if offset + count <= INPUT else (Status.BAD_ARGUMENT, b""))
    for other in (last - 1, last + 1, last + 2**15):
        assert window_of(device, other) == (Status.NOT_NOW, b"")
    device.command(Command.INJECT_BEGIN, struct.pack("<I", 0))  # from now on windows are of other samples
    assert window_of(device, last)[0] == (Status.OK if later else Status.NOT_NOW)
