"""Clock and sensors of the virtual boards: exact, repeatable, and the recording's own bits."""

import os
import signal
import subprocess
import sys
import textwrap
import time
import zlib

import numpy as np
import pytest

from ml.errors import UserError
from ml.link.port import Port
from ml.link.sensor_bus import END, MEMORY, PLACE, REQUEST, Player, Track
from ml.paths import ROOT
from tests.platform.bench import BOARDS, EMULATED, TIMEOUT_S, Bench, Console, emulator_control, numbers

RATE_MHZ = 100_000
STILL = np.array([0, 0, 2048, 0, 0, 0], np.int16)


def recording(samples: int, axes: int = 6, seed: int = 1) -> np.ndarray:
    drawn = np.random.default_rng(seed).integers(-32768, 32768, (samples, axes)).astype(np.int16)
    return drawn[:, 0] if axes == 1 else drawn


def at_rest(rows: int) -> np.ndarray:
    """int16 (rows, 6) of a board that lies still: noise() of lib/board/src/virtual/sensors.c on every word."""
    x = np.arange(rows * 6, dtype=np.uint32) * np.uint32(0x9E3779B1)
    x = (x ^ x >> 15) * np.uint32(0x85EBCA77)
    bits = (x ^ x >> 13)[:, None] >> np.arange(4, dtype=np.uint32) & 1
    return (np.tile(STILL, rows) + bits.sum(1) - 2).astype(np.int16).reshape(rows, 6)


def reports(console: Console, last: int, name: str = "imu") -> dict[int, list[int]]:
    """Sample count -> CRC, time, lost, cycles, up to the report of `last` samples."""
    found: dict[int, list[int]] = {}
    while last not in found:
        count, *rest = numbers(console.line(f"{name} "))
        found[count] = rest
    return found


@pytest.mark.parametrize("board", BOARDS)
def test_a_recording_arrives_bit_for_bit(bench: Bench, board: str) -> None:
    samples = recording(1050)  # neither blocks nor reports divide it
    with bench.running(f"imu-{board}") as console, bench.player(f"imu-{board}") as player:
        assert player.play({"imu": Track(samples, RATE_MHZ)}, restart=True) == 0
        console.line("probe ready")
        found = reports(console, 1100)
    expected = np.vstack([samples, at_rest(50)])
    for count, (crc, *_) in found.items():
        assert crc == zlib.crc32(expected[:count].tobytes())


@pytest.mark.parametrize("board", EMULATED)
def test_every_run_has_the_same_times_and_cycle_counts(bench: Bench, board: str) -> None:
    samples = recording(500)
    runs = []
    with bench.running(f"imu-{board}") as console, bench.player(f"imu-{board}") as player:
        for _ in range(3):
            player.play({"imu": Track(samples, RATE_MHZ)}, restart=True)
            console.line("probe ready")
            runs.append(reports(console, 500))
    assert runs[0] == runs[1] == runs[2]
    times = [runs[0][count][1] for count in sorted(runs[0])]
    assert np.diff(times).tolist() == [1_000_000] * (len(times) - 1)


@pytest.mark.parametrize("board", EMULATED)
def test_blocks_come_through_memory_or_over_the_line_and_the_board_cannot_tell(bench: Bench, board: str) -> None:
    samples, runs = recording(1234), {}
    with bench.running(f"imu-{board}") as console:
        for shares in (True, False):
            with bench.player(f"imu-{board}") as player:
                if not shares:
                    player.memory = None  # as where the emulator keeps none
                assert player.play({"imu": Track(samples, RATE_MHZ)}, restart=True) == 0
                assert player.shares is shares
            console.line("probe ready")
            runs[shares] = reports(console, 1200)
    assert runs[True] == runs[False]  # CRC, times, cycle counts


def test_memory_of_another_board_is_not_taken_for_this_ones(bench: Bench) -> None:
    with bench.running("imu-virtual") as console, bench.player("imu-virtual") as player:
        elsewhere = bench.folder / "memory"
        elsewhere.write_bytes(bytes(1 << 24))
        player.memory = type(player.memory)(elsewhere)
        samples = recording(300)
        assert player.play({"imu": Track(samples, RATE_MHZ)}, restart=True) == 0
        assert not player.shares
        console.line("probe ready")
        assert reports(console, 300)[300][0] == zlib.crc32(samples.tobytes())


def test_places_in_memory_where_no_block_lies_are_passed_over(bench: Bench) -> None:
    samples = recording(100)
    block = samples.tobytes()
    with bench.running("imu-virtual") as console, bench.player("imu-virtual") as player:
        player._attach(1, restart=True)
        assert player._receive(TIMEOUT_S)[0] == REQUEST
        good = player.memory.put(1, block)
        offset, size, crc = PLACE.unpack(good)
        for place in ((0xFFFFFFF0, 32, crc), (1 << 24, size, crc), (offset, 1 << 25, crc), (offset, size, crc ^ 1)):
            player._send(MEMORY, 0, PLACE.pack(*place))
        player._send(MEMORY, 0, good[:-1])
        player._send(MEMORY, 0, good)
        assert player._receive(TIMEOUT_S)[0] == REQUEST
        player._send(END)
        console.line("probe ready")
        assert reports(console, 100)[100][0] == zlib.crc32(block)


def test_a_second_player_need_not_wait_until_the_first_is_given_up(bench: Bench) -> None:
    with bench.running("imu-virtual") as console:
        first = bench.player("imu-virtual")
        with pytest.raises(KeyboardInterrupt):
            first.play({"imu": Track(recording(9000), RATE_MHZ)}, restart=True, progress=interrupt)
        first.port.close()  # without a word to the board, which asks for the next block
        with bench.player("imu-virtual") as second:
            assert second.play({"imu": Track(recording(100), RATE_MHZ)}, silence_s=5) == 0
        console.line("probe ready")


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_the_board_shares_is_gone_when_it_stops(bench: Bench) -> None:
    bench.running("imu-virtual").__exit__()
    folder = bench.run_folder("imu-virtual")
    assert (folder / "memory").stat().st_size == 1 << 24
    emulator_control.stop(folder)
    assert not folder.exists()


def test_a_board_that_cannot_share_memory_plays_all_the_same(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.running("imu-virtual").__exit__()
    monkeypatch.setattr(emulator_control, "MEMORY", "no/such/folder")
    with bench.fresh("imu-virtual") as console, bench.player("imu-virtual") as player:
        samples = recording(200)
        assert player.play({"imu": Track(samples, RATE_MHZ)}, restart=True) == 0
        assert not player.shares
        console.line("probe ready")
        assert reports(console, 200)[200][0] == zlib.crc32(samples.tobytes())


@pytest.mark.parametrize("board", EMULATED)
def test_cycles_count_instructions_exactly(bench: Bench, board: str) -> None:
    with bench.running(f"probe-{board}") as console:
        seen = {console.ask("c", "cycles ") for _ in range(20)}
    assert len(seen) == 1
    assert 3000 < numbers(seen.pop())[0] < 5100  # a thousand rounds of three to five instructions


@pytest.mark.parametrize("board", BOARDS)
def test_without_a_player_the_board_lies_still_in_real_time(bench: Bench, board: str) -> None:
    with bench.fresh(f"imu-{board}") as console:
        console.line("imu ")  # what was printed before is past
        started = time.monotonic()
        for _ in range(2):
            count, crc, *_ = numbers(console.line("imu "))
            assert crc == zlib.crc32(at_rest(count).tobytes())
        assert 1.0 < time.monotonic() - started < 20.0  # two seconds, on a host that has time


def test_samples_beyond_the_fifo_are_lost_and_counted(bench: Bench) -> None:
    with bench.fresh("imu-virtual") as console, bench.player("imu-virtual") as player:
        before = numbers(console.line("imu "))[3]
        console.send("w")  # from now on each sample takes as long as 29 more need to come
        time.sleep(0.2)
        lost = player.play({"imu": Track(recording(3000), RATE_MHZ)})
        overruns = numbers(console.line("imu ", timeout=60))[3] - before
    assert lost > 2500
    assert overruns > 1000  # the report may be from before the end


def test_all_sensors_play_at_once_each_at_its_rate(bench: Bench) -> None:
    imu, mic, accel = recording(100), recording(16000, 1), recording(1600, 3)
    tracks = {"imu": Track(imu, RATE_MHZ), "mic": Track(mic, 16_000_000), "accel": Track(accel, 1_600_000)}
    with bench.running("sensors-virtual") as console, bench.player("sensors-virtual") as player:
        assert player.play(tracks, restart=True) == 0
        console.line("probe ready")
        found = [console.line(" crc ") for _ in range(3)]
    crcs = {line.split()[0]: numbers(line)[1] for line in found}
    assert crcs == {name: zlib.crc32(data.tobytes()) for name, data in (("imu", imu), ("mic", mic), ("accel", accel))}


@pytest.mark.parametrize("board", ["virtual", "host"])
def test_a_player_that_dies_leaves_a_board_that_lies_still(bench: Bench, board: str) -> None:
    env = f"imu-{board}"
    with bench.running(env) as console:
        script = textwrap.dedent(f"""
            import os, signal, sys
            import numpy as np
            sys.path.insert(0, {str(ROOT)!r})
            from ml.link.sensor_bus import Player, Track
            from ml.link.port import Port
            def progress(done, total):
                if done > 300: os.kill(os.getpid(), signal.SIGKILL)
            samples = np.zeros((100000, 6), np.int16)
            Player(Port({str(bench.run_folder(env) / "sensors")!r})).play(
                {{"imu": Track(samples, {RATE_MHZ})}}, restart=True, progress=progress)
        """)
        done = subprocess.run([sys.executable, "-c", script], check=False, timeout=60)
        assert done.returncode == -signal.SIGKILL
        console.line("probe ready")
        counts = reports(console, 500)
        assert set(counts) >= {100, 200, 300, 400, 500}
        with bench.player(env) as player:  # and it can be played into again
            assert player.play({"imu": Track(recording(100), RATE_MHZ)}) == 0


def test_noise_on_the_bus_is_ignored(bench: Bench) -> None:
    with bench.running("imu-virtual") as console:
        port = Port(str(bench.run_folder("imu-virtual") / "sensors"))
        for seed in range(3):
            port.write(np.random.default_rng(seed).bytes(300) + b"\xa5" * seed)
        port.close()
        assert console.ask("a", " hz ")
        with bench.player("imu-virtual") as player:
            assert player.play({"imu": Track(recording(200), RATE_MHZ)}, restart=True) == 0


def test_real_time_takes_as_long_as_the_recording(bench: Bench) -> None:
    with bench.running("imu-host"), bench.player("imu-host") as player:
        started = time.monotonic()
        player.play({"imu": Track(recording(150), RATE_MHZ)}, realtime=True)
        assert 1.4 < time.monotonic() - started < 10.0


def test_progress_ends_with_every_sample(bench: Bench) -> None:
    seen = []
    with bench.running("imu-host"), bench.player("imu-host") as player:
        player.play({"imu": Track(recording(250), RATE_MHZ)}, progress=lambda *done: seen.append(done))
    assert seen[-1] == (250, 250)
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("tracks", "message"),
    [
        ({"imu": Track(np.zeros((10, 6), np.int16), 50_000)}, "expected a recording at 100 Hz"),
        ({"imu": Track(np.zeros((10, 3), np.int16), RATE_MHZ)}, "expected int16 samples of 6 values"),
        ({"imu": Track(np.zeros((10, 6)), RATE_MHZ)}, "found float64"),
        ({"mic": Track(np.zeros(10, np.int16), 16_000_000)}, "expected the application to read its mic"),
    ],
)
def test_what_does_not_fit_is_one_clear_line(bench: Bench, tracks: dict, message: str) -> None:
    with bench.running("imu-host"), bench.player("imu-host") as player:
        with pytest.raises(UserError, match=message) as caught:
            player.play(tracks, silence_s=0.5)
        assert "\n" not in str(caught.value)


def test_a_board_that_is_not_there_is_one_clear_line() -> None:
    with pytest.raises(UserError, match="found neither"):
        Player.open("nothing-virtual")


def test_a_line_that_does_not_answer_is_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml.link.sensor_bus.ATTACH_TIMEOUT_S", 0.3)
    master, slave = os.openpty()
    with Player(Port(os.ttyname(slave))) as player, pytest.raises(UserError, match="found no answer"):
        player.play({"imu": Track(recording(10), RATE_MHZ)})
    os.close(slave)
    os.close(master)
