"""Two slots in flash: what is taken, what is refused, and what is left behind a loss of power at any moment."""

import ctypes
import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.native.build import load
from ml.update.arrays import changes
from tests.update.cuts import CRC, HERE, INCLUDES, LIMITS, SOURCES, cuts

PAGE, BLOCK, NO_SLOT = 1024, 48, 0xFF
OK, ERR_FLASH, ERR_SIZE, ERR_COUNTER, ERR_PHASE, ERR_BLOCK, ERR_MISSING, ERR_DIGEST, ERR_CHANGES = range(9)
IDLE, RECEIVING, VERIFIED, TRIAL = range(4)
BY_HOST, BY_DIGEST, BY_RESTART, BY_CHANGES = 1, 2, 3, 4
OLD, NEW = bytes(range(250)) * 9, bytes(reversed(range(256))) * 11


class State(ctypes.Structure):
    """update_state, the first field of `update`."""

    _fields_ = (
        ("sequence", ctypes.c_uint32),
        ("counter", ctypes.c_uint32),
        ("offered", ctypes.c_uint32),
        ("session", ctypes.c_uint32),
        ("payload", ctypes.c_uint32),
        ("size", ctypes.c_uint32 * 2),
        ("at", ctypes.c_uint32 * 2),
        ("sum", ctypes.c_uint32 * 2),
        ("owner", ctypes.c_uint32),
        ("trial", ctypes.c_uint32),
        ("digest", ctypes.c_uint8 * 32 * 2),
        ("version", ctypes.c_char * 24 * 2),
        ("confirmed", ctypes.c_uint8),
        ("good", ctypes.c_uint8),
        ("phase", ctypes.c_uint8),
        ("reason", ctypes.c_uint8),
        ("crc", ctypes.c_uint32),
    )


class Offer(ctypes.Structure):
    """update_offer."""

    _fields_ = (
        ("counter", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("payload", ctypes.c_uint32),
        ("trial", ctypes.c_uint32),
        ("changes", ctypes.c_bool),
        ("digest", ctypes.c_uint8 * 32),
        ("version", ctypes.c_char * 24),
    )


DIGEST = ctypes.CFUNCTYPE(None, ctypes.POINTER(ctypes.c_uint8), ctypes.c_uint32, ctypes.POINTER(ctypes.c_uint8))


def digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


def _bytes(data: bytes) -> ctypes.Array:
    return (ctypes.c_uint8 * len(data))(*data)


@DIGEST
def c_digest(data, size, made) -> None:
    ctypes.memmove(made, digest(ctypes.string_at(data, size)), 32)


class Config(ctypes.Structure):
    """update_config."""

    _fields_ = (
        ("arrival", ctypes.c_void_p),
        ("digest", DIGEST),
        ("make", ctypes.c_void_p),
        ("base", ctypes.c_void_p),
        ("base_size", ctypes.c_uint32),
        ("start", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("owner", ctypes.c_uint32),
        ("restarted", ctypes.c_uint8),
        ("goes_on", ctypes.c_bool),
    )


class Board:
    """The slots of a board whose flash holds what it was made with."""

    def __init__(self) -> None:
        options = {"includes": INCLUDES, "flags": LIMITS}
        self.c = load("update_slots", [HERE / "nor.c", CRC, *SOURCES], structures=STRUCTURES, **options)
        self.flash = (ctypes.c_uint8 * (24 * PAGE)).in_dll(self.c, "nor_bytes")
        ctypes.memset(self.flash, 0xFF, len(self.flash))
        self.memory, self.arrival = (ctypes.c_uint64 * 512)(), (ctypes.c_uint64 * 512)()  # more than they have
        self.c.update_image.restype = ctypes.c_void_p
        self.c.update_has_block.restype = ctypes.c_bool
        make = ctypes.cast(self.c.update_make_changes, ctypes.c_void_p)
        self.config = Config(ctypes.addressof(self.arrival), c_digest, make)
        self.start()

    def start(self) -> int:
        return self.c.update_open(self.memory, ctypes.byref(self.config))

    @property
    def state(self) -> State:
        return State.from_buffer(self.memory)

    def image(self) -> bytes | None:
        size = ctypes.c_uint32()
        at = self.c.update_image(self.memory, ctypes.byref(size))
        return ctypes.string_at(at, size.value) if at else None

    def begin(self, data: bytes, counter: int, block: int = BLOCK, stated: bytes | None = None) -> int:
        return self.announce(Offer(counter, len(data), len(data), 1, False, _bytes(stated or digest(data))), block)

    def announce(self, offer: Offer, block: int = BLOCK) -> int:
        return self.c.update_begin(self.memory, ctypes.byref(offer), block)

    def block(self, data: bytes, number: int) -> int:
        piece = data[number * BLOCK : (number + 1) * BLOCK]
        return self.c.update_block(self.memory, number, piece, len(piece))

    def send(self, data: bytes) -> int:
        """All blocks that are not there yet; how many those were."""
        missing = [n for n in range(-(-len(data) // BLOCK)) if not self.c.update_has_block(self.memory, n)]
        for number in missing:
            assert self.block(data, number) == OK
        return len(missing)

    def __getattr__(self, name: str):
        """finish, try_, confirm."""
        return lambda *arguments: getattr(self.c, f"update_{name.rstrip('_')}")(self.memory, *arguments)

    def deliver(self, data: bytes, counter: int) -> None:
        assert self.begin(data, counter) == OK
        self.send(data)
        assert [self.finish(), self.try_(), self.confirm()] == [OK, OK, OK]


STRUCTURES = {"update_state": State, "update_offer": Offer, "update_config": Config}


@pytest.fixture
def board() -> Board:
    return Board()


def test_a_board_without_an_image_uses_the_compiled_in_model(board):
    assert board.image() is None
    assert board.state.confirmed == NO_SLOT


def test_a_confirmed_image_is_there_after_a_start(board):
    board.deliver(OLD, 1)
    board.deliver(NEW, 2)
    assert board.start() == OK
    assert (board.image(), board.state.counter) == (NEW, 2)


def test_an_image_on_trial_is_used_and_gone_after_a_start(board):
    board.deliver(OLD, 1)
    board.begin(NEW, 2)
    board.send(NEW)
    assert [board.finish(), board.try_()] == [OK, OK]
    assert (board.image(), board.state.counter) == (NEW, 1)
    board.start()
    assert (board.image(), board.state.reason, board.state.counter) == (OLD, BY_RESTART, 1)


def test_a_trial_may_be_repeated_without_sending_anything(board):
    board.begin(NEW, 2)
    board.send(NEW)
    board.finish()
    board.try_()
    board.start()
    assert board.begin(NEW, 2) == OK
    assert board.send(NEW) == 0
    assert [board.finish(), board.try_(), board.confirm()] == [OK, OK, OK]


@pytest.mark.parametrize("counter", [0, 1, 2])
def test_a_counter_that_is_not_higher_is_refused(board, counter):
    board.deliver(OLD, 2)
    assert board.begin(NEW, counter) == ERR_COUNTER
    assert board.image() == OLD


def test_what_is_not_what_its_digest_says_is_given_up(board):
    board.deliver(OLD, 1)
    board.begin(NEW, 2, stated=digest(OLD))
    board.send(NEW)
    assert board.finish() == ERR_DIGEST
    assert (board.image(), board.state.phase, board.state.reason) == (OLD, IDLE, BY_DIGEST)
    board.begin(NEW, 2, stated=digest(OLD))
    assert board.send(NEW) == -(-len(NEW) // BLOCK)  # none of it is believed again


def test_a_start_loses_at_most_a_page(board):
    board.begin(NEW, 1)
    sent = 50
    for number in range(sent):
        board.block(NEW, number)
    board.start()
    board.begin(NEW, 1)
    there = [number for number in range(sent) if board.has_block(number)]
    assert sent - len(there) <= -(-PAGE // BLOCK)
    board.send(NEW)
    assert board.finish() == OK


def test_blocks_come_in_any_order_and_twice(board):
    board.begin(NEW, 1)
    last = -(-len(NEW) // BLOCK)
    for number in [*range(last - 1, -1, -2), *range(last), 3, 3]:
        assert board.block(NEW, number) == OK
    assert board.finish() == OK


def test_what_is_out_of_order_is_refused_and_changes_nothing(board):
    board.deliver(OLD, 1)
    before = bytes(board.flash)
    assert [board.finish(), board.try_(), board.confirm(), board.give_up(BY_HOST)] == [ERR_PHASE] * 4
    assert board.block(NEW, 0) == ERR_PHASE
    assert bytes(board.flash) == before
    board.begin(NEW, 2)
    assert board.finish() == ERR_MISSING
    assert board.confirm() == ERR_PHASE
    assert board.c.update_block(board.memory, 0, NEW, BLOCK - 8) == ERR_BLOCK  # shorter than its place
    assert board.c.update_block(board.memory, 1000, NEW, BLOCK) == ERR_BLOCK
    assert board.image() == OLD


@pytest.mark.parametrize(("size", "block"), [(0, 48), (11 * PAGE, 48), (100, 0), (100, 12), (100, 264), (10000, 8)])
def test_sizes_that_flash_or_memory_do_not_take_are_refused(board, size, block):
    assert board.announce(Offer(1, size, size), block) == ERR_SIZE


def delta(board: Board, base: bytes, image: bytes, payload: bytes | None = None) -> int:
    """Offers what changed, sends it and says how that ended."""
    payload = changes(base, image) if payload is None else payload
    offer = Offer(2, len(image), len(payload), 1, True, _bytes(digest(image)))
    assert board.announce(offer) == OK
    board.send(payload)
    return board.finish()


def some_changed(base: bytes) -> bytes:
    return base[:3] + b"new" + base[6:700] + bytes(200) + base[900:]


def test_an_image_is_made_of_the_confirmed_one_and_what_changed(board):
    image = some_changed(OLD)
    board.deliver(OLD, 1)
    assert delta(board, OLD, image) == OK
    assert [board.try_(), board.confirm()] == [OK, OK]
    assert board.image() == image
    board.start()
    assert board.image() == image
    assert board.fall_back(17) == OK
    assert board.image() == OLD


def test_changes_on_trial_that_a_start_ended_are_applied_again_without_sending_anything(board):
    image = some_changed(OLD)
    board.deliver(OLD, 1)
    assert [delta(board, OLD, image), board.try_()] == [OK, OK]
    board.start()
    payload = changes(OLD, image)
    assert board.announce(Offer(2, len(image), len(payload), 1, True, _bytes(digest(image)))) == OK
    assert board.send(payload) == 0
    assert [board.finish(), board.try_(), board.confirm()] == [OK, OK, OK]
    assert board.image() == image


@given(st.binary(min_size=1, max_size=300))
@settings(max_examples=40, deadline=None)
def test_changes_of_strangers_make_no_image(payload):
    board = Board()
    board.deliver(OLD, 1)
    assert delta(board, OLD, some_changed(OLD), payload) in (ERR_CHANGES, ERR_DIGEST)
    assert (board.image(), board.state.counter) == (OLD, 1)
    assert board.state.reason in (BY_CHANGES, BY_DIGEST)


def test_changes_need_the_base_on_the_board(board):
    assert delta(board, OLD, some_changed(OLD)) == ERR_CHANGES
    assert board.image() is None


def test_changes_and_image_fit_the_slot_together(board):
    assert board.announce(Offer(1, 9 * PAGE, PAGE, 1, True, _bytes(digest(b"")))) == OK
    assert board.announce(Offer(2, 9 * PAGE, PAGE + 1, 1, True, _bytes(digest(b"")))) == ERR_SIZE


def test_a_bad_confirmed_image_falls_back_to_the_one_before_and_then_to_the_model_that_is_compiled_in(board):
    board.deliver(OLD, 1)
    board.deliver(NEW, 2)
    assert board.fall_back(17) == OK
    assert (board.image(), board.state.reason, board.state.counter) == (OLD, 17, 2)
    assert board.fall_back(18) == OK
    assert board.image() is None
    assert board.begin(NEW, 2) == ERR_COUNTER
    board.deliver(NEW, 3)


def test_the_journal_goes_on_over_both_its_pages(board):
    for counter in range(1, 30):
        board.deliver([OLD, NEW][counter % 2][: 300 + counter], counter)
        board.start()
        assert board.state.counter == counter
        assert board.image() == [OLD, NEW][counter % 2][: 300 + counter]


def test_a_cut_at_any_operation_leaves_a_good_image_and_the_update_comes_to_its_end(tmp_path):
    done = cuts(tmp_path, 1)
    assert done.returncode == 0, done.stdout + done.stderr
    operations, tried = map(int, re.findall(r"\d+", done.stdout))
    assert operations > 100
    assert tried > 6 * operations


SABOTAGE = {
    "the counter rises before the confirmation": (
        "u->state.phase = UPDATE_TRIAL;\n    return",
        "u->state.phase = UPDATE_TRIAL;\n    u->state.counter = u->state.offered;\n    return",
    ),
    "a trial goes on after a start": ("UPDATE_TRIAL || config->goes_on) return", "UPDATE_TRIAL || 1) return"),
    "the running slot is written": ("u->state.confirmed == 0 ? 1 : 0", "u->state.confirmed == 0 ? 0 : 1"),
    "a damaged record counts": ("record->crc == nn_crc32(record, (uint32_t)offsetof(update_state, crc)) && ", ""),
}


@pytest.mark.parametrize("what", SABOTAGE)
def test_the_cuts_find_a_library_that_is_wrong(tmp_path, what):
    done = cuts(tmp_path, 1, sabotage=SABOTAGE[what])
    assert done.returncode != 0, done.stdout
