"""The numbers of the link. Written by `python -m ml link --write` from lib/link/protocol.toml: change it there."""

from enum import IntEnum

from ml.link.layout import Layout

PROTOCOL_VERSION = 1  # of the link, in INFO
ALL = 0xFF  # in place of a stream or a class: all of them
MODEL_INPUT = 0xFFFF  # in place of a layer: the model's input


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


class Status(IntEnum):
    """Second byte of a REPLY."""

    OK = 0
    UNKNOWN = 1
    BAD_ARGUMENT = 2
    UNSUPPORTED = 3
    NOT_NOW = 4


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
}
LEARN_ARGUMENTS = {
    Learn.STATUS: Layout(),
    Learn.BEGIN: Layout(names=("windows",), format="<I"),
    Learn.STOP: Layout(),
    Learn.READ: Layout(names=("offset", "count"), format="<IH"),
    Learn.WRITE: Layout(names=("offset",), format="<I", rest="content"),
    Learn.USE: Layout(),
    Learn.KEEP: Layout(),
    Learn.FORGET: Layout(),
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
}
EVENT = Layout(
    names=("class", "score", "window", "frontend_cycles", "inference_cycles", "decide_cycles", "latency_us"),
    format="<BBIIIII",
)
