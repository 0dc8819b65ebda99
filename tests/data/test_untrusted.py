"""Files that nobody vouches for neither hang, nor swell, nor end in a traceback."""

import json
import os
import struct
import zipfile

import cbor2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.capture.files import repaired, wav_header
from ml.data import arrays
from ml.data.arrays import read_array
from ml.data.audio import read_audio, write_audio
from ml.data.fetching.catalogue import read_catalogue
from ml.data.imports.edge_impulse import read_export, read_file
from ml.data.imports.foreign import Notes
from ml.data.manifest import load
from ml.data.reading import read_file as read_recording
from ml.data.untrusted import MAX_DEPTH, opened, read_cbor, read_json
from ml.errors import UserError
from tools.latency_log.reading import read as read_log
from tools.mlperf_tiny.dataset import load as read_questions


def one_line(caught):
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("name", ["a.csv", "a.wav", "a.flac", "a.npz"])
def test_a_pipe_that_stands_for_a_recording_is_refused_and_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with pytest.raises(UserError, match="found a pipe or a device") as caught:
        read_recording(tmp_path / name, 16000)
    one_line(caught)


@pytest.mark.parametrize("name", ["a.csv", "a.wav", "a.npz"])
def test_a_loop_of_links_a_folder_and_nothing_are_one_line(tmp_path, name):
    (tmp_path / name).symlink_to(tmp_path / name)
    (tmp_path / f"folder_{name}").mkdir()
    for file in (name, f"folder_{name}", f"none_{name}", "nul\0"):
        with pytest.raises(UserError) as caught:
            read_recording(tmp_path / file, 16000)
        one_line(caught)


@pytest.mark.parametrize("folder", ["loop", "~nobody-of-that-name", "nul\0"])
def test_a_folder_that_cannot_be_is_one_line(tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(UserError) as caught:
        load(folder)
    one_line(caught)


def test_a_file_beyond_its_limit_is_not_read(tmp_path):
    path = tmp_path / "a.json"
    path.touch()
    os.truncate(path, 1 << 40)
    for read in (read_json, read_cbor):
        with pytest.raises(UserError, match="cut it into pieces"):
            read(path, "something")
    with pytest.raises(UserError, match="expected at most 10 bytes"):
        opened(path, 10)


DEEP = {
    "json": b"[" * 100_000,
    "json closed": b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2),
    "json maps": b'{"a":' * 500 + b"1" + b"}" * 500,
    "json digits": b'{"payload":{"interval_ms":' + b"9" * 5000 + b"}}",
    "cbor": b"\x81" * 100_000,
    "cbor maps": b"\xa1\x61a" * 200 + b"\x01",
    "cbor length": b"\x9a\x7f\xff\xff\xff",
    "cbor text": b"\x7a\x7f\xff\xff\xff",
}


@pytest.mark.parametrize("name", DEEP)
def test_lists_in_lists_and_numbers_of_thousands_of_digits_are_one_line(tmp_path, name):
    path = tmp_path / f"wave.1.{name.split()[0]}"
    path.write_bytes(DEEP[name])
    with pytest.raises(UserError) as caught:
        read_file(path)
    one_line(caught)


@pytest.mark.parametrize(
    "value", [cbor2.CBORTag(4, [10**9, 1]), 1 << 4000, cbor2.CBORTag(30, [1, 3]), cbor2.CBORTag(35, "(a+)+$")]
)
def test_values_that_only_cbor_knows_are_refused(tmp_path, value):
    path = tmp_path / "wave.1.cbor"
    path.write_bytes(cbor2.dumps({"payload": {"interval_ms": value}}))
    with pytest.raises(UserError, match="cannot read it"):
        read_file(path)


def test_a_list_is_as_deep_as_allowed(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert isinstance(read_json(path, "lists"), list)


def array_file(path, header, size=6):
    """An archive whose `x` claims something in its header."""
    text = header.encode().ljust(118) + b"\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(size))
        for name in ("scale", "rate"):
            np.save(archive.open(f"{name}.npy", "w"), np.float64(1000))


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<i2', 'fortran_order': False, 'shape': (1000000000000,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (-3,), }",
        "{'descr': '<i2', 'fortran_order': False, 'shape': (99999999999999999999, 99999999999999999999), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }",
        "{" * 110,
    ],
)
def test_an_array_that_claims_more_than_is_there_takes_no_memory(tmp_path, header):
    array_file(tmp_path / "a.npz", header)
    with pytest.raises(UserError, match="cannot read them") as caught:
        read_array(tmp_path / "a.npz")
    one_line(caught)


def test_an_archive_that_swells_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "MAX_ARRAY", 10_000)
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros(6000, np.int16), scale=1.0, rate=1000)
    with pytest.raises(UserError, match="10,000 bytes; cut it into pieces"):
        read_array(tmp_path / "a.npz")


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_whatever_is_changed_in_an_array_file_is_counts_or_one_line(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "fuzz.npz"
    np.savez(path, x=np.arange(50, dtype=np.int16), scale=0.001, rate=20000)
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        made, _ = read_array(path)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert made.dtype == np.int16


RATE = 16000
SOUND = np.random.default_rng(0).integers(-9000, 9000, 2000).astype(np.int16)


def wav(folder, riff=None, data=None, behind=b"", before=b""):
    """A WAV file whose sizes may be wrong."""
    samples = SOUND.tobytes()
    fmt = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    body = (
        b"WAVE" + fmt + before + b"data" + struct.pack("<I", len(samples) if data is None else data) + samples + behind
    )
    path = folder / "one.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body) if riff is None else riff) + body)
    return path


PIPED = {
    "sox": (0x7FFFF024, 0x7FFFF000),
    "arecord": (0x80000023, 0x7FFFFFFF),
    "ffmpeg": (0xFFFFFFFF, 0xFFFFFFFF),
    "eight too many": (4036 + 8, 4008),
    "eight too many, of the file": (4036 + 8, None),
}


@pytest.mark.parametrize("name", PIPED)
def test_sound_from_a_pipe_is_read_whole_whatever_sizes_it_states(tmp_path, name):
    samples, rate = read_audio(wav(tmp_path, *PIPED[name]))
    assert rate == RATE
    assert (samples == SOUND).all()


@pytest.mark.parametrize("data", [0, 1000, 3990])
def test_sound_that_states_less_than_is_there_is_refused_rather_than_read_short(tmp_path, data):
    more = 4000 - data
    with pytest.raises(UserError, match=f"expected {data} bytes of samples, as it says itself, found {more} more"):
        read_audio(wav(tmp_path, data=data))


@pytest.mark.parametrize("data", [4100, 8000, 1_000_000])
def test_sound_that_was_cut_short_is_refused(tmp_path, data):
    with pytest.raises(UserError, match="cut short"):
        read_audio(wav(tmp_path, data=data))


def test_texts_and_marks_around_the_samples_are_no_samples(tmp_path):
    note = b"LIST" + struct.pack("<I", 5) + b"INFO1\0"
    assert (read_audio(wav(tmp_path, behind=note + note, before=note))[0] == SOUND).all()
    assert (read_audio(wav(tmp_path, behind=b"\0"))[0] == SOUND).all()


@settings(max_examples=150, deadline=None)
@given(riff=st.integers(0, 2**32 - 1), data=st.integers(0, 2**32 - 1), behind=st.binary(max_size=40))
def test_whatever_sizes_a_header_states_the_samples_are_all_there_or_refused(tmp_path_factory, riff, data, behind):
    path = wav(tmp_path_factory.getbasetemp(), riff, data, behind)
    try:
        samples, _ = read_audio(path)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert (samples[: len(SOUND)] == SOUND).all()


def test_deep_json_behind_a_list_of_files_is_one_line(tmp_path):
    (tmp_path / "info.labels").write_text("[" * 100_000)
    (tmp_path / "a.json").write_text(json.dumps({}))

    with pytest.raises(UserError, match="list of files") as caught:
        read_export(tmp_path, Notes())
    one_line(caught)


def test_sound_is_written_as_it_is_read(tmp_path):
    write_audio(tmp_path / "a.wav", SOUND, RATE)
    assert (read_audio(tmp_path / "a.wav")[0] == SOUND).all()


def test_a_header_of_more_than_four_gigabytes_states_all_it_can_and_the_sound_behind_it_is_read(tmp_path):
    (tmp_path / "one.wav").write_bytes(wav_header(RATE, 5 << 30) + SOUND.tobytes())
    assert (read_audio(tmp_path / "one.wav")[0] == SOUND).all()


@pytest.mark.parametrize("text", ["[" * 100_000, "a = " + "[" * 5000, "a = " + "9" * 5000, "\xff"])
def test_a_catalogue_that_is_none_is_one_line(tmp_path, text):
    (tmp_path / "c.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(UserError) as caught:
        read_catalogue(tmp_path / "c.toml")
    one_line(caught)


@pytest.mark.parametrize("read", [read_catalogue, read_log, read_json, read_array, read_audio])
def test_no_reader_waits_for_a_pipe(tmp_path, read):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="a pipe or a device"):
        read(tmp_path / "pipe", *(["something"] if read is read_json else []))


def test_the_questions_of_a_benchmark_are_bounded_too(tmp_path):
    os.mkfifo(tmp_path / "y_labels.csv")
    with pytest.raises(UserError, match="a pipe or a device"):
        read_questions(tmp_path)


def test_what_a_program_that_died_left_of_more_than_four_gigabytes_stays_whole(tmp_path):
    (tmp_path / "one.wav").write_bytes(wav_header(RATE, 5 << 30) + SOUND.tobytes() + b"\0")
    assert repaired(tmp_path / "one.wav") == len(SOUND)
    assert (read_audio(tmp_path / "one.wav")[0] == SOUND).all()
