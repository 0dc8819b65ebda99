"""Packed files come back whole, and damaged ones are told: never a crash, never a byte outside."""

import zlib

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compress import cluster, huffman
from ml.compress.graph import nodes
from ml.compress.huffman import entropy, pack, unpack
from ml.errors import UserError
from tests.compress.networks import recurring

CHECKED = ("-fsanitize=undefined", "-fno-sanitize-recover=all")
SKEWED = st.builds(
    lambda seed, size, width: bytes(
        np.clip(np.random.default_rng(seed).normal(128, width, size), 0, 255).astype(np.uint8)
    ),
    st.integers(0, 2**32 - 1),
    st.integers(0, 4000),
    st.floats(0, 200),
)


@given(st.one_of(st.binary(max_size=600), SKEWED))
@settings(max_examples=150)
def test_what_is_packed_comes_back(data):
    packed = pack(data)
    assert unpack(packed, flags=CHECKED) == data
    codes = len(packed) - huffman.HEADER
    assert codes <= len(data) * (entropy(data) + 1) / 8 + 1


def test_codes_have_at_most_fifteen_bits_where_counts_rise_like_fibonaccis():
    counts = np.zeros(256, int)
    counts[:30] = [max(1, round(1.6**n)) for n in range(30)]
    lengths = huffman.code_lengths(counts)
    assert lengths.max() == huffman.LONGEST
    assert (2.0 ** -lengths[lengths > 0]).sum() == 1
    data = np.repeat(np.arange(30, dtype=np.uint8), np.minimum(counts[:30], 50)).tobytes()
    assert unpack(pack(data)) == data


@given(st.binary(max_size=400))
@settings(max_examples=150)
def test_anything_else_is_refused_in_a_line(data):
    header = huffman.MAGIC + (100).to_bytes(4, "little") + zlib.crc32(data).to_bytes(4, "little")
    for given_ in (data, header + data):
        with pytest.raises(UserError) as raised:
            unpack(given_, flags=CHECKED)
        assert "\n" not in str(raised.value)


@given(SKEWED.filter(len), st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_a_damaged_file_is_told_and_never_read_outside(data, chance):
    packed = bytearray(pack(data))
    way = chance.choice(["flip", "cut", "longer"])
    if way == "flip":
        packed[chance.randrange(len(packed))] ^= 1 << chance.randrange(8)
    elif way == "cut":
        del packed[chance.randrange(len(packed)) :]
    else:
        packed += bytes(chance.randrange(1, 9))
    try:
        made = unpack(bytes(packed), flags=CHECKED)
    except UserError:
        return
    assert made == data  # the bits that fill the last byte, or the length of a symbol that does not occur


def test_a_file_that_claims_gigabytes_is_refused():
    claimed = huffman.MAGIC + b"\xff" * 4 + bytes(200)
    with pytest.raises(UserError, match="expected at most 67,108,864 bytes in it, found 4,294,967,295"):
        unpack(claimed)


def test_clusters_make_a_file_that_packs_well():
    model = recurring()
    before = np.concatenate([node.layer.get_weights()[0].ravel() for node in nodes(model) if node.weighted])
    cluster.clustered(model, 16)
    for node in nodes(model):
        if node.weighted:
            assert len(np.unique(node.layer.get_weights()[0])) <= 16
    after = np.concatenate([node.layer.get_weights()[0].ravel() for node in nodes(model) if node.weighted])
    assert np.abs(after - before).max() < np.ptp(before) / 16
    with pytest.raises(UserError, match="expected 2 to 256 clusters, found 1"):
        cluster.clustered(model, 1)


def test_the_command_packs_a_file(tmp_path):
    (tmp_path / "model.tflite").write_bytes(b"abc" * 400)
    result = CliRunner().invoke(huffman._command, [str(tmp_path / "model.tflite"), str(tmp_path / "model.thuf")])
    assert result.exit_code == 0, result.output
    assert unpack((tmp_path / "model.thuf").read_bytes()) == b"abc" * 400
