"""The numbers of the link. Written by `python -m ml link --write` from lib/link/protocol.toml: change it there."""

from enum import IntEnum

from ml.link.layout import Layout

PROTOCOL_VERSION = 1  # of the link, in INFO
ALL = 0xFF  # in place of a stream or a class: all of them
MODEL_INPUT = 0xFFFF  # in place of a layer: the model's input
NO_SLOT = 0xFF  # in place of a slot: what was flashed


class Type(IntEnum):
    """Of a frame."""

    INFO = 0x01
    DATA = 0x02
    EVENT = 0x03
    TELEMETRY = 0x04
    REPLY = 0x05
    COMMAND = 0x10
    HEALTH = 0x06


class Command(IntEnum):
    """First byte of a COMMAND and of its REPLY."""

    PING = 0x01
    GET_INFO = 0x02
    START = 0x03
    STOP = 0x04
    GET_THRESHOLDS = 0x05
    SET_THRESHOLD = 0x06
    GET_STATS = 0x07
    RESET_STATS = 0x08
    INJECT_BEGIN = 0x09
    INJECT = 0x0A
    INJECT_END = 0x0B
    RUN_FRONTEND = 0x0C
    RUN_LAYER = 0x0D
    READ_TENSOR = 0x0E
    WRITE_INPUT = 0x0F
    SELF_TEST = 0x10
    RESET_BOARD = 0x11
    LEARN = 0x12
    PROVOKE = 0x13
    UPDATE_STATUS = 0x14
    UPDATE_MANIFEST = 0x15
    UPDATE_BEGIN = 0x16
    UPDATE_BLOCK = 0x17
    UPDATE_MISSING = 0x18
    UPDATE_FINISH = 0x19
    UPDATE_ABORT = 0x1A
    UPDATE_CONFIRM = 0x1B
    UPDATE_REVERT = 0x1C
    EVENTS = 0x1D
    GET_WINDOW = 0x1E
    FLEET = 0x1F


class Status(IntEnum):
    """Second byte of a REPLY."""

    OK = 0
    UNKNOWN = 1
    BAD_ARGUMENT = 2
    UNSUPPORTED = 3
    NOT_NOW = 4
    REFUSED = 5


class Phase(IntEnum):
    """Of an update."""

    IDLE = 0
    RECEIVING = 1
    VERIFIED = 2
    TRIAL = 3


class Refusal(IntEnum):
    """Why a command of an update was refused."""

    FLASH = 1
    SIZE = 2
    COUNTER = 3
    PHASE = 4
    BLOCK = 5
    MISSING = 6
    DIGEST = 7
    CHANGES = 8
    BASE = 9
    MANIFEST = 10
    KEY = 11
    SIGNATURE = 12
    PRODUCT = 13
    APP = 14
    POINTER = 15
    KIND = 16
    KERNEL = 17
    KERNEL_VERSION = 18
    ARENA = 19
    STATE = 20
    WINDOW = 21
    PARAMS = 22
    IMAGE = 23
    SETTINGS = 24
    SELF_CHECK = 25
    TRIAL = 26


class GivenUp(IntEnum):
    """Why the last image was given up."""

    NOTHING = 0
    HOST = 1
    DIGEST = 2
    RESTART = 3
    CHANGES = 4
    WATCHDOG = 16
    SELF_CHECK = 17
    LATE = 18
    IMAGE = 19
    SETTINGS = 20
    REVERTED = 21


class Learn(IntEnum):
    """Second byte of a LEARN: what is done with the device's own baseline."""

    STATUS = 0
    BEGIN = 1
    STOP = 2
    READ = 3
    WRITE = 4
    USE = 5
    KEEP = 6
    FORGET = 7
    SHOW = 8
    NEWS = 9


class News(IntEnum):
    """What became of the examples of a class that were shown."""

    NOTHING = 0
    WAITING = 1
    EXAMPLE = 2
    BACKGROUND = 3
    UNLIKE = 4
    CLOSE = 5
    WORSE = 6
    LEARNT = 7
    LEARNT_LIKE = 8
    NOT_KEPT = 9
    STOPPED = 10


class Fleet(IntEnum):
    """Second byte of a FLEET: a step of a round of learning together."""

    STATUS = 0
    SEED = 1
    FORGET = 2
    JOIN = 3
    MEMBER = 4
    BEGIN = 5
    READ = 6
    REVEAL = 7


class FleetKind(IntEnum):
    """What boards give."""

    UPDATES = 0
    SUMS = 1


class Provoke(IntEnum):
    """Second byte of a PROVOKE: how firmware built for it shall break."""

    HANG = 0
    FAULT = 1
    STACK_OVERFLOW = 2


ARGUMENTS = {
    Command.PING: Layout(rest="echo"),
    Command.GET_INFO: Layout(),
    Command.START: Layout(names=("stream",), format="<B"),
    Command.STOP: Layout(names=("stream",), format="<B"),
    Command.GET_THRESHOLDS: Layout(),
    Command.SET_THRESHOLD: Layout(names=("class", "threshold"), format="<BB"),
    Command.GET_STATS: Layout(),
    Command.RESET_STATS: Layout(),
    Command.INJECT_BEGIN: Layout(names=("rate",), format="<I"),
    Command.INJECT: Layout(rest="samples"),
    Command.INJECT_END: Layout(),
    Command.RUN_FRONTEND: Layout(),
    Command.RUN_LAYER: Layout(names=("layer",), format="<H"),
    Command.READ_TENSOR: Layout(names=("layer", "offset", "count"), format="<HIH"),
    Command.WRITE_INPUT: Layout(names=("offset",), format="<I", rest="content"),
    Command.SELF_TEST: Layout(),
    Command.RESET_BOARD: Layout(),
    Command.LEARN: Layout(names=("operation",), format="<B", rest="more"),
    Command.PROVOKE: Layout(names=("kind",), format="<B"),
    Command.UPDATE_STATUS: Layout(rest="about"),
    Command.UPDATE_MANIFEST: Layout(names=("offset",), format="<H", rest="content"),
    Command.UPDATE_BEGIN: Layout(names=("block",), format="<H"),
    Command.UPDATE_BLOCK: Layout(names=("number",), format="<I", rest="content"),
    Command.UPDATE_MISSING: Layout(names=("first", "count"), format="<IH"),
    Command.UPDATE_FINISH: Layout(),
    Command.UPDATE_ABORT: Layout(),
    Command.UPDATE_CONFIRM: Layout(),
    Command.UPDATE_REVERT: Layout(names=("slot", "counter"), format="<BI", rest="about"),
    Command.EVENTS: Layout(names=("boot", "before", "then"), format="<IHB"),
    Command.GET_WINDOW: Layout(names=("event", "offset", "count"), format="<HHH"),
    Command.FLEET: Layout(names=("operation",), format="<B", rest="more"),
}
ANSWERS = {
    Command.PING: Layout(rest="echo"),
    Command.GET_INFO: Layout(),
    Command.START: Layout(),
    Command.STOP: Layout(),
    Command.GET_THRESHOLDS: Layout(rest="thresholds"),
    Command.SET_THRESHOLD: Layout(),
    Command.GET_STATS: Layout(rest="counters"),
    Command.RESET_STATS: Layout(),
    Command.INJECT_BEGIN: Layout(),
    Command.INJECT: Layout(names=("windows",), format="<H"),
    Command.INJECT_END: Layout(),
    Command.RUN_FRONTEND: Layout(names=("crc", "cycles"), format="<II"),
    Command.RUN_LAYER: Layout(names=("crc", "cycles"), format="<II"),
    Command.READ_TENSOR: Layout(rest="content"),
    Command.WRITE_INPUT: Layout(),
    Command.SELF_TEST: Layout(names=("crc", "expected"), format="<II"),
    Command.RESET_BOARD: Layout(),
    Command.LEARN: Layout(rest="more"),
    Command.PROVOKE: Layout(),
    Command.UPDATE_STATUS: Layout(
        names=(
            "phase",
            "given_up",
            "confirmed",
            "running",
            "counter",
            "offered",
            "payload",
            "missing",
            "block",
            "windows",
            "slot",
        ),
        format="<BBBBIIIIHHI",
        rest="digest",
    ),
    Command.UPDATE_MANIFEST: Layout(),
    Command.UPDATE_BEGIN: Layout(names=("blocks", "missing"), format="<II"),
    Command.UPDATE_BLOCK: Layout(names=("missing",), format="<I"),
    Command.UPDATE_MISSING: Layout(rest="bitmap"),
    Command.UPDATE_FINISH: Layout(),
    Command.UPDATE_ABORT: Layout(),
    Command.UPDATE_CONFIRM: Layout(),
    Command.UPDATE_REVERT: Layout(),
    Command.EVENTS: Layout(names=("boot", "first", "next"), format="<IHH"),
    Command.GET_WINDOW: Layout(
        names=("event", "model", "size", "offset"),
        format="<HIHH",
        rest="content",
    ),
    Command.FLEET: Layout(rest="more"),
}
LEARN_ARGUMENTS = {
    Learn.STATUS: Layout(),
    Learn.BEGIN: Layout(names=("windows",), format="<I"),
    Learn.STOP: Layout(),
    Learn.READ: Layout(names=("offset", "count"), format="<IH"),
    Learn.WRITE: Layout(names=("offset",), format="<I", rest="content"),
    Learn.USE: Layout(),
    Learn.KEEP: Layout(),
    Learn.FORGET: Layout(rest="label"),
    Learn.SHOW: Layout(names=("examples",), format="<B", rest="label"),
    Learn.NEWS: Layout(),
}
LEARN_ANSWERS = {
    Learn.STATUS: Layout(names=("learnt", "wanted", "size"), format="<III"),
    Learn.BEGIN: Layout(),
    Learn.STOP: Layout(),
    Learn.READ: Layout(rest="content"),
    Learn.WRITE: Layout(),
    Learn.USE: Layout(),
    Learn.KEEP: Layout(),
    Learn.FORGET: Layout(),
    Learn.SHOW: Layout(),
    Learn.NEWS: Layout(names=("news", "other", "left_out", "classes", "told"), format="<BBBBH"),
}
FLEET_ARGUMENTS = {
    Fleet.STATUS: Layout(),
    Fleet.SEED: Layout(rest="seed"),
    Fleet.FORGET: Layout(),
    Fleet.JOIN: Layout(
        names=("round", "model_0", "model_1", "kind", "most", "size", "epochs", "rate", "unit"),
        format="<IIIBIHHBI",
    ),
    Fleet.MEMBER: Layout(names=("member",), format="<B", rest="key"),
    Fleet.BEGIN: Layout(names=("own", "members"), format="<BB"),
    Fleet.READ: Layout(names=("block",), format="<H"),
    Fleet.REVEAL: Layout(names=("present", "number"), format="<HB"),
}
FLEET_ANSWERS = {
    Fleet.STATUS: Layout(
        names=("seeded", "last", "sums", "updates"),
        format="<BIHH",
        rest="model",
    ),
    Fleet.SEED: Layout(),
    Fleet.FORGET: Layout(),
    Fleet.JOIN: Layout(rest="key"),
    Fleet.MEMBER: Layout(),
    Fleet.BEGIN: Layout(),
    Fleet.READ: Layout(rest="values"),
    Fleet.REVEAL: Layout(rest="key"),
}
EVENT = Layout(
    names=(
        "class",
        "score",
        "window",
        "frontend_cycles",
        "inference_cycles",
        "decide_cycles",
        "latency_us",
        "image",
    ),
    format="<BBIIIIII",
)
