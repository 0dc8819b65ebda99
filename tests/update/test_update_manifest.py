"""Manifests and update files: one way to write them, and one line for every other."""

import dataclasses
from pathlib import Path
from random import Random
from typing import Any

import cbor2
import monocypher
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.update import arrays, package
from ml.update.errors import UpdateError
from ml.update.keys import Keys, Pair
from ml.update.manifest import Manifest
from ml.update.numbers import FIELDS, MANIFEST_MAX, Field, Kind
from ml.update.package import Update, digest

SECRET = monocypher.generate_signing_key_pair()[0]
KEYS = Keys("pump", (Pair(SECRET),))

NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,22}", fullmatch=True)
U32 = st.integers(0, 2**32 - 1)
ALWAYS: dict[str, Any] = {
    "product": NAMES,
    "app": NAMES,
    "pointer": st.sampled_from([4, 8]),
    "version": NAMES,
    "counter": st.integers(1, 2**32 - 1),
    "digest": st.binary(min_size=32, max_size=32),
    "size": st.integers(1, 2**32 - 1),
    "key": st.binary(min_size=4, max_size=4),
    "trial": st.integers(1, 65535),
}
KERNELS = st.dictionaries(st.integers(1, 65535), st.integers(1, 65535), max_size=24)
IMAGE: dict[str, Any] = {"kernels": KERNELS.map(lambda kernels: tuple(sorted(kernels.items())))}
IMAGE |= dict.fromkeys(("arena", "state", "window", "params"), U32)
CHANGE: dict[str, Any] = {"base": st.binary(min_size=8, max_size=8), "payload": U32}
MANIFESTS = st.one_of(
    st.builds(Manifest, kind=st.just(Kind.IMAGE), **ALWAYS, **IMAGE),
    st.builds(Manifest, kind=st.sampled_from([Kind.ARRAYS, Kind.FIRMWARE]), **ALWAYS, **CHANGE),
)


def update(payload: bytes = b"image", **other: Any) -> Update:
    """Of an image, signed by KEYS."""
    needs: dict[str, Any] = {"kernels": ((1, 1), (33, 1)), "arena": 720, "state": 0, "window": 240, "params": 376}
    told: dict[str, Any] = {
        "product": "pump",
        "app": "gesture_recognition",
        "pointer": 4,
        "kind": Kind.IMAGE,
        "version": "1.4.2",
    }
    told |= {"counter": 3, "digest": digest(payload), "size": len(payload), "key": KEYS.pairs[0].id, "trial": 8}
    signed = Manifest(**(told | needs | other)).encode()
    return Update(Manifest.parse(signed), signed, KEYS.pairs[0].sign(signed), payload)


@given(MANIFESTS)
def test_a_manifest_is_read_as_it_was_written_and_has_one_form(manifest):
    encoded = manifest.encode()
    assert Manifest.parse(encoded) == manifest
    assert encoded == cbor2.dumps(cbor2.loads(encoded), canonical=True)
    assert len(encoded) <= MANIFEST_MAX


@given(MANIFESTS, st.data())
def test_the_same_fields_in_other_bytes_are_refused(manifest, data):
    values = list(cbor2.loads(manifest.encode()).items())
    head = bytes([0xB8, len(values)])  # a length of one byte where the shortest form has it in the head, or rightly so
    others = [
        b"\xbf" + b"".join(cbor2.dumps(key) + cbor2.dumps(value) for key, value in values) + b"\xff",
        cbor2.dumps(dict(reversed(values))),
        manifest.encode() + b"\0",
        manifest.encode()[:-1],
    ]
    if len(values) < 24:
        others.append(head + manifest.encode()[1:])
    with pytest.raises(UpdateError):
        Manifest.parse(data.draw(st.sampled_from(others)))


@given(MANIFESTS, st.sampled_from(list(FIELDS)), st.data())
def test_a_field_that_is_missing_of_another_type_or_out_of_bounds_is_refused(manifest, field, data):
    values = cbor2.loads(manifest.encode())
    bounds = FIELDS[field]
    wrong = [
        None,
        -1,
        1.0,
        True,
        [],
        {},
        "",
        b"",
        "..",
        "a b",
        b"x" * (bounds.most % 64 + 1),
        [1],
        [2, 1, 1, 1],
        [0, 1],
    ]
    wrong += [bounds.most + 1, bounds.least - 1, "x" * (bounds.most % 64 + 1)] if bounds.type == "uint" else []
    new = data.draw(st.sampled_from(wrong))
    if field in values and data.draw(st.booleans()):
        del values[field]
    elif new == [] and field == Field.KERNELS:
        return
    else:
        values[int(field)] = new
    with pytest.raises(UpdateError):
        Manifest.parse(cbor2.dumps(values, canonical=True))


@given(st.binary(max_size=600))
def test_any_bytes_are_refused_in_one_line(data):
    for read in (Manifest.parse, package.parse, lambda given: package.parse(package.MAGIC + given)):
        with pytest.raises(UpdateError) as refused:
            read(data)
        assert len(str(refused.value).splitlines()) == 1


def test_a_changed_update_file_is_refused_or_was_signed():
    right = update(bytes(range(256)) * 4)
    encoded, chance = right.encode(), Random(1)
    for _ in range(4000):
        changed = bytearray(encoded)
        for _ in range(chance.randint(1, 3)):
            kind, at = chance.random(), chance.randrange(len(changed))
            if kind < 0.7:
                changed[at] ^= 1 << chance.randrange(8)
            elif kind < 0.85:
                del changed[at : at + chance.randint(1, 9)]
            else:
                changed[at:at] = chance.randbytes(chance.randint(1, 9))
        with pytest.raises(UpdateError) if bytes(changed) != encoded else pytest.MonkeyPatch.context():
            KEYS.verify(package.parse(bytes(changed)))


def test_an_update_of_another_key_or_another_manifest_is_refused():
    stranger = Keys("pump", (Pair.new(),))
    with pytest.raises(UpdateError, match="expected an update signed by"):
        stranger.verify(update())
    right, other = update(), update(counter=4)
    with pytest.raises(UpdateError, match="expected the signature of its key"):
        KEYS.verify(dataclasses.replace(other, signature=right.signature))


def test_a_file_that_is_no_update_is_named(tmp_path: Path):
    path = tmp_path / "x.tmu"
    for content in (b"", b"TMU1", b"TMBI" * 100, update().encode()[:-1], update().encode() + b"x"):
        path.write_bytes(content)
        with pytest.raises(UpdateError, match=r"x\.tmu: expected"):
            package.read(path)


CHANGED = st.binary(min_size=1, max_size=300).flatmap(
    lambda base: st.tuples(
        st.just(base), st.lists(st.tuples(st.integers(0, len(base) - 1), st.integers(0, 255)), max_size=40)
    )
)


@given(CHANGED)
def test_changes_make_the_image_and_are_no_longer_than_they_must_be(made):
    base, writes = made
    image = bytearray(base)
    for at, value in writes:
        image[at] = value
    payload = arrays.changes(base, bytes(image))
    assert arrays.applied(base, payload) == image
    different = sum(one != other for one, other in zip(base, image, strict=True))
    assert len(payload) <= 5 * different


@given(st.binary(min_size=1, max_size=100), st.binary(max_size=100))
def test_any_changes_stay_inside_the_image_or_are_refused(base, payload):
    try:
        assert len(arrays.applied(base, payload)) == len(base)
    except UpdateError as error:
        assert "pack the update again" in str(error)
