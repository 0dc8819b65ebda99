"""Keys of a product and the updates that they sign, through the commands."""

import json
import re
import stat
from pathlib import Path

import numpy as np
import pytest

from ml.commands.pack import committed_header
from ml.image import pack
from ml.paths import ROOT
from ml.update import arrays, keys, package
from ml.update.numbers import Kind
from ml.update.package import digest

APP = "gesture_recognition"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("THIMBLE_KEYS", str(tmp_path / "keys"))
    return tmp_path


def refused(ml, *words: object) -> str:
    """The one line."""
    done = ml(*words, status=1)
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def public(header: Path) -> list[bytes]:
    """The keys of a header for firmware."""
    rows = re.findall(r"\{((?:0x[0-9A-F]{2}(?:, )?){32})\}", header.read_text())
    return [bytes(int(byte, 16) for byte in row.split(", ")) for row in rows]


def test_a_private_key_is_for_its_owner_alone_and_is_never_printed(ml, folder):
    said = ml("keys", "new", "pump", "--header", folder / "k.h")
    said.stdout += ml("keys", "show").stdout + (folder / "k.h").read_text()
    path = folder / "keys" / "pump.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (secret,) = json.loads(path.read_text())["secret"]
    assert secret[:32] not in said.stdout + said.stderr
    assert f"public key {public(folder / 'k.h')[0].hex()}" in said.stdout
    assert '#define UPDATE_PRODUCT "pump"' in said.stdout


def test_keys_that_exist_are_not_overwritten(ml, folder):
    ml("keys", "new", "pump", "--header", folder / "k.h")
    assert "expected no keys of pump yet" in refused(ml, "keys", "new", "pump", "--header", folder / "k.h")


@pytest.mark.parametrize("inside", [ROOT / "secrets", ROOT, "theirs/deep"])
def test_no_private_key_is_written_into_a_repository(ml, folder, monkeypatch, inside):
    (folder / "theirs" / ".git").mkdir(parents=True)
    monkeypatch.setenv("THIMBLE_KEYS", str(folder / inside))
    assert "expected a folder outside every repository" in refused(
        ml, "keys", "new", "pump", "--header", folder / "k.h"
    )
    assert not list(folder.rglob("*.json")) and not list(ROOT.rglob("pump.json"))


def test_keys_that_others_may_read_are_not_used(ml, folder):
    ml("keys", "new", "pump", "--header", folder / "k.h")
    (folder / "keys" / "pump.json").chmod(0o644)
    assert "chmod 600" in refused(ml, "pack", APP, "--out", folder / "x.tmb", "--sign", "pump", "--counter", 1)


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"product": "pump", "secret": ["00"]}', '{"secret": 1}', "[" * 9999]
)
def test_a_damaged_file_of_keys_is_named(ml, folder, content):
    (folder / "keys").mkdir()
    path = folder / "keys" / "pump.json"
    path.write_text(content)
    path.chmod(0o600)
    assert "pump.json: expected keys" in refused(ml, "keys", "show", "pump")


@pytest.mark.parametrize("name", ["../x", "", "a b", ".hidden", "x" * 32, "é"])
def test_a_product_has_a_name_that_a_manifest_can_have(ml, folder, name):
    refused(ml, "keys", "new", name, "--header", folder / "k.h")
    assert not list(folder.rglob("*.json"))


def test_keys_are_exchanged_in_two_steps(ml, folder):
    header, image = folder / "k.h", folder / "x.tmb"

    def signer(*words: object) -> str:
        ml("pack", APP, "--out", image, "--sign", "pump", "--counter", 1, *words)
        return package.read(folder / "x.tmu").manifest.key.hex()

    ml("keys", "new", "pump", "--header", header)
    old = signer()
    ml("keys", "rotate", "pump", "--header", header)
    new = signer()
    assert new != old and signer("--key", old) == old
    assert [package.key_id(key).hex() for key in public(header)] == [old, new]
    assert "found two" in refused(ml, "keys", "rotate", "pump", "--header", header)
    ml("keys", "drop", "pump", old, "--header", header)
    assert [package.key_id(key).hex() for key in public(header)] == [new]
    assert "found one" in refused(ml, "keys", "drop", "pump", new, "--header", header)
    assert f"expected a key of pump ({new})" in refused(
        ml, "pack", APP, "--out", image, "--sign", "pump", "--counter", 1, "--key", old
    )


def test_a_signed_update_states_what_it_needs_and_is_the_same_each_time(ml, folder):
    ml("keys", "new", "pump", "--header", folder / "k.h")
    words = ("--sign", "pump", "--counter", 7, "--version", "1.4.2", "--trial", 5)
    for name in ("a", "b"):
        ml("pack", APP, "--out", folder / f"{name}.tmb", *words)
    assert (folder / "a.tmu").read_bytes() == (folder / "b.tmu").read_bytes()
    update, packed = package.read(folder / "a.tmu"), pack(committed_header(APP))
    keys.read("pump").verify(update)
    assert update.payload == packed.data == (folder / "a.tmb").read_bytes()
    manifest = update.manifest
    assert (manifest.product, manifest.app, manifest.version, manifest.counter) == ("pump", APP, "1.4.2", 7)
    assert (manifest.arena, manifest.state, manifest.window, manifest.params) == (
        packed.arena, packed.state, packed.window, packed.params
    )  # fmt: skip
    assert manifest.kernels == tuple((kernel.id, kernel.version) for kernel in packed.kernels)


def with_another_last_layer(source: str) -> str:
    """The header with other numbers in all arrays of its last layer with weights, other hashes and another check."""

    def others(found: re.Match) -> str:
        return found[1] + re.sub("0x[0-9A-F]{8}", lambda word: f"0x{int(word[0], 16) ^ 0xFFFFFFFF:08X}", found[2])

    last = max(map(int, re.findall(r"_(\d+)_conv_2d_\w+\[", source)))
    source, arrays_ = re.subn(rf"(_{last}_conv_2d_\w+\[\d+\][^=]*= \{{)([^}}]*)", others, source)
    source, hashes = re.subn(r'"[0-9a-f]{16}"', lambda found: f'"{found[0][-2:0:-1]}"', source)
    assert (arrays_, hashes) == (1, 2)
    return re.sub(r"0x[0-9A-F]{8}(?=u, // CRC-32 of the output)", "0x12345678", source)


def test_of_a_changed_last_layer_little_more_than_its_numbers_is_sent(ml, folder):
    """Every number of the last layer of the keyword network is another one: the most that a training can change."""
    app = "keyword_spotting"
    ml("keys", "new", "pump", "--header", folder / "k.h")
    ml("pack", app, "--out", folder / "old.tmb")
    header = folder / f"{app}_model.h"
    header.write_text(with_another_last_layer(committed_header(app).read_text()))
    ml("pack", header, "--out", folder / "new.tmb", "--sign", "pump", "--counter", 70000, "--base", folder / "old.tmb")
    update, base = package.read(folder / "new.tmu"), (folder / "old.tmb").read_bytes()
    image = arrays.applied(base, update.payload)
    assert image == (folder / "new.tmb").read_bytes() and digest(image) == update.manifest.digest
    assert update.manifest.kind == Kind.ARRAYS and update.manifest.base == digest(base)[:8]
    assert np.count_nonzero(np.frombuffer(image, np.uint8) != np.frombuffer(base, np.uint8)) >= 1200
    assert update.sent <= 4 * 510 + 240  # its words, manifest, signature


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--counter", 1], "expected --sign beside --counter"),
        (["--sign", "pump"], "expected --counter beside --sign"),
        (["--sign", "fan", "--counter", 1], "expected keys, found no such file (products: pump)"),
        (["--sign", "pump", "--counter", 1, "--version", "a b"], "VERSION"),
        (["--sign", "pump", "--counter", 1, "--base", "same.tmb"], "there is nothing to send"),
        (["--sign", "pump", "--counter", 1, "--base", "other.tmb"], "expected a base of {size:,} bytes"),
        (["--sign", "pump", "--counter", 1, "--base", "none.tmb"], "expected a model image"),
        (["--sign", "pump", "--counter", 1, "--base", "new.tmb"], "expected another file than --base"),
    ],
)
def test_what_cannot_be_signed_is_said_in_a_line_and_leaves_no_file(ml, folder, words, expected):
    ml("keys", "new", "pump", "--header", folder / "k.h")
    ml("pack", APP, "--out", folder / "same.tmb")
    ml("pack", "fall_detection", "--out", folder / "other.tmb")
    (folder / "none.tmb").write_text("no image")
    (folder / "new.tmb").write_bytes((folder / "other.tmb").read_bytes())
    words = [folder / word if str(word).endswith(".tmb") else word for word in words]
    expected = expected.format(size=(folder / "same.tmb").stat().st_size)
    assert expected in refused(ml, "pack", APP, "--out", folder / "new.tmb", *words)
    assert not (folder / "new.tmu").exists()
