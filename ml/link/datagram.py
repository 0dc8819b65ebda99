"""A frame of the link as a datagram: with the node that sends it, a counter, and a code that only its key makes.

    data = seal(Datagram(UP, node=7, boot=3, counter=12, first=0, frame=frame), key)
    datagram = opened(data, key, UP)        # None: damaged, forged, or of the other direction

docs/protocol.md has the bytes. The code is BLAKE2b with a key (RFC 7693, Monocypher's crypto_blake2b_keyed) of 8 bytes.
It proves who sends and that nothing was changed; it hides nothing. `Fresh` refuses what was sent before.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass

from ml.link.frames import HEADER, MAX_PAYLOAD, TEXT, Frame

UP, DOWN = 0x54, 0x74  # from a node, to a node: the first byte, which the code covers
KEY = 32  # bytes of a node's key
CODE = 8
HEAD = struct.Struct("<BIIIH")
LEAST = HEAD.size + HEADER.size + CODE
MOST = LEAST + MAX_PAYLOAD
WINDOW = 64  # datagrams that may overtake each other


@dataclass(frozen=True, slots=True)
class Datagram:
    """`boot` rises with each start of a node, `counter` with each datagram of a boot."""

    way: int  # UP or DOWN
    node: int  # 0 to 2^32 - 1
    boot: int  # likewise; of the node, in both directions
    counter: int  # likewise
    first: int  # sequence of the oldest event that the node keeps; 0 to a node
    frame: Frame


def code_of(data: bytes, key: bytes) -> bytes:
    """The 8 bytes that only who has the key can make."""
    return hashlib.blake2b(data, key=key, digest_size=CODE).digest()


def seal(datagram: Datagram, key: bytes) -> bytes:
    """Its bytes. ValueError for a frame that is longer than frames may be."""
    frame = datagram.frame
    if len(frame.payload) > MAX_PAYLOAD:
        raise ValueError(f"expected a payload of at most {MAX_PAYLOAD} bytes, found {len(frame.payload)}")
    head = HEAD.pack(datagram.way, datagram.node, datagram.boot, datagram.counter, datagram.first)
    data = head + HEADER.pack(frame.type, frame.stream, frame.sequence, frame.time_us) + frame.payload
    return data + code_of(data, key)


def sender(data: bytes) -> int | None:
    """The node that a datagram claims to be from; None where it cannot be one from a node."""
    if not LEAST <= len(data) <= MOST or data[0] != UP:
        return None
    return int.from_bytes(data[1:5], "little")


def opened(data: bytes, key: bytes, way: int) -> Datagram | None:
    """None unless the key made its code, and it goes this way."""
    if not LEAST <= len(data) <= MOST or data[0] != way or data[HEAD.size] in TEXT:
        return None
    if not hmac.compare_digest(code_of(data[:-CODE], key), data[-CODE:]):
        return None
    _, node, boot, counter, first = HEAD.unpack_from(data)
    head = HEADER.unpack_from(data, HEAD.size)
    return Datagram(way, node, boot, counter, first, Frame(*head, payload=data[HEAD.size + HEADER.size : -CODE]))


class Fresh:
    """Which datagrams of a node are new: in a window of WINDOW they may overtake each other (RFC 6479 has the idea).

    Give it the highest that was seen before a restart: then all up to that are old.
    """

    __slots__ = ("_seen", "boot", "highest")

    def __init__(self, boot: int = 0, highest: int = -1) -> None:
        self.boot, self.highest = boot, highest
        self._seen = 2**WINDOW - 1  # bits: the highest, the one before it, ...

    def takes(self, boot: int, counter: int) -> bool:
        """True the first time; call it only for a datagram whose code is right."""
        if boot > self.boot:
            self.boot, self.highest, self._seen = boot, counter, 1
            return True
        ahead = counter - self.highest
        if boot < self.boot or ahead <= -WINDOW:
            return False
        if ahead > 0:
            self._seen = (self._seen << min(ahead, WINDOW) | 1) & (2**WINDOW - 1)
            self.highest = counter
            return True
        bit = 1 << -ahead
        if self._seen & bit:
            return False
        self._seen |= bit
        return True
