"""The firmware's masks (lib/fleet/src/mask.c) in Python: for members that are programs, and for who adds up.

Bonawitz et al., Practical Secure Aggregation for Privacy-Preserving Machine Learning, CCS 2017, without its shares of
secrets: whoever contributed must also reveal, or the group's sum is given up.
"""

import hashlib
from collections.abc import Sequence

import monocypher
import numpy as np

from ml.errors import UserError
from ml.fleet.settings import LEAST, MOST, Offer

KEY = 32
NONCE = bytes(8)  # a key has one stream


class RefusalError(UserError):
    """A member, or who adds up, does not take part in this."""


def stream(key: bytes, count: int) -> np.ndarray:
    """uint32 (count,)."""
    return np.frombuffer(monocypher.chacha20(key, NONCE, bytes(4 * count)), "<u4").astype(np.uint32)


def public(seed: bytes, number: int) -> bytes:
    """The public key of a round."""
    return monocypher.x25519_public_key(_secret(seed, number, b"x"))


def signs(own: int, other: int) -> int:
    """Of a pair, the member with the lower index adds, the other one subtracts."""
    return 1 if other >= own else -1


class Masks:
    """Of one member in one round."""

    def __init__(self, seed: bytes, offer: Offer, own: int, keys: Sequence[bytes]) -> None:
        """`keys`: public ones of all members, in order. RefusalError where the group is not sound."""
        if not LEAST <= len(keys) <= MOST or len(set(keys)) != len(keys) or not 0 <= own < len(keys):
            raise RefusalError(f"expected {LEAST} to {MOST} members with a key each, found {len(keys)}")
        if keys[own] != public(seed, offer.number):
            raise RefusalError("expected the own key at its place in the group, found another")
        secret = _secret(seed, offer.number, b"x")
        self._keys = [
            _secret(seed, offer.number, b"o") if at == own else _pair(secret, offer, own, at, keys)
            for at in range(len(keys))
        ]
        self._own, self._over = own, False

    def hidden(self, values: np.ndarray) -> np.ndarray:
        """uint32 of the same size: `values` and all masks, modulo 2^32."""
        if self._over:
            raise RefusalError("expected a round that has begun, found one that is over")
        made = np.asarray(values).astype(np.int64).astype(np.uint32)
        for at, key in enumerate(self._keys):
            mask = stream(key, len(made))
            made = made + mask if signs(self._own, at) > 0 else made - mask
        return made

    def reveal(self, present: Sequence[int]) -> list[bytes]:
        """The key of its own stream, then those of the missing members; once a round."""
        there = set(present)
        if self._over or self._own not in there or len(there) < LEAST or not there <= set(range(len(self._keys))):
            raise RefusalError(f"expected to be asked once, with itself among {LEAST} or more present ones")
        self._over = True
        missing = [key for at, key in enumerate(self._keys) if at not in there]
        return [self._keys[self._own], *missing]


def _secret(seed: bytes, number: int, purpose: bytes) -> bytes:
    if len(seed) != KEY:
        raise UserError(f"expected a seed of {KEY} bytes, found {len(seed)}")
    return hashlib.blake2b(purpose + number.to_bytes(4, "little"), key=seed, digest_size=KEY).digest()


def _pair(secret: bytes, offer: Offer, own: int, other: int, keys: Sequence[bytes]) -> bytes:
    shared = monocypher.x25519(secret, keys[other])
    if not any(shared):
        raise RefusalError("expected keys that lead to a secret, found one that does not")
    low, high = sorted((own, other))
    return hashlib.blake2b(shared + keys[low] + keys[high] + offer.model, digest_size=KEY).digest()
