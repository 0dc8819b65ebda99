"""The console of the virtual boards: nothing lost, however slow the listener; resets; the stack's deepest use."""

import time
import zlib

import pytest

from tests.platform.bench import BOARDS, EMULATED, Bench, numbers


@pytest.mark.parametrize("board", BOARDS)
def test_a_megabyte_arrives_whole_although_the_listener_is_slow(bench: Bench, board: str) -> None:
    with bench.running(f"probe-{board}") as console:
        console.send("m")
        time.sleep(0.2)  # long enough to fill every buffer in between
        received = bytearray()
        while b"\r\ncrc " not in received[-40:] or not received.endswith(b"\r\n"):
            more = console.more()
            assert more, f"silent after {len(received)} bytes"
            received += more
        data, _, crc = received.rpartition(b"\r\ncrc ")
        data = data.removesuffix(b"\r\n")
        assert len(data) == 1 << 20
        assert zlib.crc32(data) == int(crc)


@pytest.mark.parametrize("board", BOARDS)
def test_a_listener_that_leaves_and_returns_finds_the_board(bench: Bench, board: str) -> None:
    for _ in range(3):
        with bench.running(f"probe-{board}") as console:
            assert console.ask("a", " hz ")


@pytest.mark.parametrize("board", BOARDS)
def test_reset_starts_the_program_again(bench: Bench, board: str) -> None:
    with bench.running(f"probe-{board}") as console:
        before = numbers(console.ask("a", " us "))[-1]
        assert console.ask("r", "probe ready")
        assert numbers(console.ask("a", " us "))[-1] < before


@pytest.mark.parametrize("board", EMULATED)
def test_the_deepest_use_of_the_stack_is_known(bench: Bench, board: str) -> None:
    with bench.fresh(f"probe-{board}") as console:
        used, size = numbers(console.ask("a", " stack "))[-3:-1]
        shallow = numbers(console.ask("d", "deep"))[0]
        deep = numbers(console.ask("D", "deep"))[0]
        assert used < shallow < deep < size == 8192
        assert numbers(console.ask("d", "deep"))[0] == deep
        assert 40 * 64 <= deep - shallow < 40 * 100


@pytest.mark.parametrize("board", BOARDS)
def test_an_idle_board_leaves_its_host_in_peace(bench: Bench, board: str) -> None:
    with bench.running(f"imu-{board}"):
        pass
    assert bench.busy_s(f"imu-{board}", 1.5) < 0.5
