"""Recordings of other tools become a data set, and what is odd about them is put right or told."""

import json
import re
import shutil

import cbor2
import numpy as np
import pandas as pd
import pytest
from exports_made import counts, edge_impulse, table, tone, write_json
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.data.audio import write_audio
from ml.data.imports.edge_impulse import read_export, read_file
from ml.data.imports.foreign import Asked, Notes
from ml.data.imports.importing import import_all
from ml.data.imports.tables import read_table
from ml.data.imports.umafall import read_umafall
from ml.data.manifest import load
from ml.data.recordings import GRAVITY
from ml.errors import UserError


def bring(folder, *paths, **said):
    return import_all(list(paths), folder, Asked(**said), "test", "MIT")


def manifest(folder):
    return pd.read_csv(folder / "manifest.csv", dtype=str, keep_default_na=False)


def samples_of(folder, sensor="imu"):
    return [item.recording.samples for item in load(folder, sensor).items]


NAMES = ("accX", "accY", "accZ", "gyrX", "gyrY", "gyrZ")


def written(folder, kind, value):
    path = folder / "wave.1.json" if kind == "json" else folder / "wave.1.cbor"
    path.write_bytes(json.dumps(value).encode() if kind == "json" else cbor2.dumps(value))
    return path


@pytest.mark.parametrize("kind", ["json", "cbor"])
def test_a_file_of_edge_impulse_comes_in_with_its_rate_units_and_label(tmp_path, kind):
    made = counts("wave", 1)
    document = edge_impulse(table(made), NAMES, ("m/s2",) * 3 + ("dps",) * 3, interval_ms=16.949152542372882)
    found = bring(tmp_path / "out", written(tmp_path, kind, document))
    assert found.notes == []
    row = manifest(tmp_path / "out").iloc[0]
    assert (row.label, row.subject, row.sample_rate_hz, row.licence) == ("wave", "dev_1", "59", "MIT")
    assert np.array_equal(samples_of(tmp_path / "out")[0], made)


@pytest.mark.parametrize(("unit", "scale"), [("g", 1), ("mg", 1000), ("m/s^2", GRAVITY), ("", 1), ("N/A", 1000)])
def test_stated_and_unstated_units_become_ours(tmp_path, unit, scale):
    made = counts("punch", 1, columns=3)
    document = edge_impulse(table(made) / GRAVITY * scale, units=(unit,) * 3)
    found = bring(tmp_path / "out", written(tmp_path, "json", document))
    assert np.array_equal(samples_of(tmp_path / "out", "accel")[0], made)
    assert len(found.notes) == (unit in ("", "N/A"))


def test_g_that_is_called_metres_per_second_squared_is_put_right_unless_the_user_insists(tmp_path):
    made = counts("wave", 1, columns=3)
    path = written(tmp_path, "json", edge_impulse(table(made) / GRAVITY))
    found = bring(tmp_path / "out", path)
    assert "taken as g" in found.notes[0]
    assert np.array_equal(samples_of(tmp_path / "out", "accel")[0], made)
    bring(tmp_path / "insists", path, accel_unit="m/s2")
    assert np.abs(samples_of(tmp_path / "insists", "accel")[0]).max() < 1000


def test_an_export_takes_labels_subjects_and_stretches_from_its_list(tmp_path):
    units = ("m/s2",) * 3 + ("dps",) * 3
    for number, name in enumerate(("training/a.json", "training/b.json", "testing/stray.json")):
        made = counts("wave", number)
        write_json(tmp_path / "in" / name, edge_impulse(table(made), NAMES, units))
    parts = [
        {"label": "wave", "startIndex": 0, "endIndex": 39},
        {"label": "none", "startIndex": 40, "endIndex": 99},
        {"label": "late", "startIndex": 90, "endIndex": 200},
        {"label": "x"},
    ]
    files = [
        {"path": "training/a.json", "label": {"type": "label", "label": "punch"}, "metadata": {"subject": "ann"}},
        {"path": "training/b.json", "label": {"type": "multi-label", "labels": parts}},
        {"path": "training/gone.json", "label": {"type": "label", "label": "punch"}},
    ]
    write_json(tmp_path / "in" / "info.labels", {"version": 1, "files": files})
    found = bring(tmp_path / "out", tmp_path / "in")
    assert found.labels == {"punch": 1, "wave": 1, "none": 1, "stray": 1}
    assert found.subjects == {"ann": 1, "dev_1": 3}
    assert [len(one) for one in samples_of(tmp_path / "out")] == [len(made), 40, 60, len(made)]
    said = "\n".join(found.notes)
    for word in ("gone.json", "stray.json", "outside the recording", "without its start"):
        assert word in said


@pytest.mark.parametrize("path", ["../outside.json", "/etc/passwd", "training/../../outside.json"])
def test_a_list_cannot_name_files_outside_its_folder(tmp_path, path):
    write_json(tmp_path / "outside.json", edge_impulse(table(counts("wave", 1, columns=3))))
    write_json(tmp_path / "in" / "info.labels", {"version": 1, "files": [{"path": path, "label": {}}]})
    with pytest.raises(UserError, match="inside its folder"):
        read_export(tmp_path / "in", Notes())


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=200),
        json_values.map(lambda value: json.dumps(value).encode()),
        st.fixed_dictionaries(
            {
                "payload": st.fixed_dictionaries(
                    {"sensors": json_values, "interval_ms": json_values, "values": json_values}
                )
            }
        ).map(cbor2.dumps),
        st.sampled_from(
            [b"[" * 100_000, b"\x9f" * 100_000, b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", b'{"payload":1e999}']
        ),
    ),
    st.sampled_from([".json", ".cbor"]),
)
def test_whatever_a_file_holds_it_is_read_or_refused_in_one_line(tmp_path, data, kind):
    path = tmp_path / f"x{kind}"
    path.write_bytes(data)
    try:
        made = read_file(path)
        assert np.isfinite(made.values).all()
    except UserError as error:
        assert "\n" not in str(error)


def test_sound_keeps_its_samples_and_takes_the_folders_name_as_its_label(tmp_path):
    made = tone(440).astype(np.int16)
    (tmp_path / "in" / "yes").mkdir(parents=True)
    write_audio(tmp_path / "in" / "yes" / "0a7c2a8d_nohash_0.wav", made, 16000)
    found = bring(tmp_path / "out", tmp_path / "in")
    assert (found.labels, found.subjects) == ({"yes": 1}, {"0a7c2a8d": 1})
    assert np.array_equal(samples_of(tmp_path / "out", "mic")[0][:, 0], made)


def test_a_tree_of_speech_commands_gets_a_manifest_with_the_published_parts(tmp_path):
    for pitch, file in ((440, "yes/0a7c2a8d_nohash_0.wav"), (550, "no/0b7c2a8d_nohash_1.wav")):
        (tmp_path / "in" / file).parent.mkdir(parents=True, exist_ok=True)
        write_audio(tmp_path / "in" / file, tone(pitch).astype(np.int16), 16000)
    (tmp_path / "in" / "testing_list.txt").write_text("no/0b7c2a8d_nohash_1.wav\n")
    found = bring(tmp_path / "out", tmp_path / "in")
    assert found.recordings == 2
    assert dict(zip(manifest(tmp_path / "out").label, manifest(tmp_path / "out").part, strict=True)) == {
        "no": "test",
        "yes": "train",
    }
    assert len(load(tmp_path / "out", "mic").items) == 2


ST_HEADERS = [
    "A_X [mg] \t A_Y [mg] \t A_Z [mg] \tG_X [dps] \t G_Y [dps] \t G_Z [dps] ",
    "A_X [mg] \t A_Y [mg] \t A_Z [mg] \tG_X [dps] \t G_Y [dps] \t G_Z [dps] \t",
]


@pytest.mark.parametrize("header", ST_HEADERS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_logs_of_st_are_read_whatever_tabs_and_spaces_they_have(tmp_path, header, end):
    made = counts("wave", 1)
    values = table(made).to_numpy() * ([1000 / GRAVITY] * 3 + [1] * 3)
    mark = " \t " if header.endswith("\t") else "\t"
    rows = [mark.join(f"{value:.3f}" for value in row) + (mark if header.endswith("\t") else "") for row in values]
    (tmp_path / "nod.txt").write_bytes(end.join([header, *rows, ""]).encode())
    with pytest.raises(UserError, match="say --rate"):
        bring(tmp_path / "out", tmp_path / "nod.txt", subject="ann")
    with pytest.raises(UserError, match="say --subject"):
        bring(tmp_path / "out", tmp_path / "nod.txt", rate_hz=26.0)
    bring(tmp_path / "out", tmp_path / "nod.txt", rate_hz=26.0, subject="ann")
    assert np.array_equal(samples_of(tmp_path / "out")[0], made)


def test_time_stamps_say_more_than_the_user(tmp_path):
    rows = [f"{i * 10322},{i % 7 * 10},0,1000" for i in range(100)]
    (tmp_path / "wave.csv").write_text("\n".join(["Timestamp [us],A_X [mg],A_Y [mg],A_Z [mg]", *rows]))
    found = bring(tmp_path / "out", tmp_path / "wave.csv", rate_hz=26.0, subject="ann")
    assert "96.88 Hz, not 26 Hz" in found.notes[0]
    assert manifest(tmp_path / "out").sample_rate_hz[0] == "96.88"


def sketch(blocks, between="\n"):
    texts = []
    for number in range(blocks):
        values = table(counts("punch", number, seconds=2.38)).to_numpy() / ([GRAVITY] * 3 + [1] * 3)
        texts.append("\n".join(",".join(f"{value:.3f}" for value in row) for row in values))
    return "aX,aY,aZ,gX,gY,gZ\n" + ("\n" + between).join(texts) + "\n"


@pytest.mark.parametrize("between", ["\n", "aX,aY,aZ,gX,gY,gZ\n", ""])
def test_a_sketch_that_prints_movement_after_movement_gives_a_recording_for_each(tmp_path, between):
    (tmp_path / "ann_punch.csv").write_text(sketch(5, between))
    name = re.compile(r"(?P<subject>\w+)_(?P<label>\w+)\.csv")
    found = bring(tmp_path / "out", tmp_path / "ann_punch.csv", rate_hz=119.0, name=name)
    assert (found.recordings, found.labels, found.subjects) == (5, {"punch": 5}, {"ann": 5})
    assert {len(one) for one in samples_of(tmp_path / "out")} == {119}


def test_a_block_that_was_cut_short_and_rows_that_are_none_are_left_out_and_told(tmp_path):
    text = sketch(4).splitlines()
    text[5] = "1,2,banana,4,5,6"
    (tmp_path / "punch.csv").write_text("\n".join(text[:-50]))
    found = bring(tmp_path / "out", tmp_path / "punch.csv", rate_hz=119.0, subject="ann")
    assert found.recordings == 2
    assert any("line 6 is no row" in note for note in found.notes)
    assert sum("instead of 119" in note for note in found.notes) == 2


HEAD = """% Universidad de Malaga - ETSI de Telecomunicacion (Spain) ;;;;;;;
% Name: Subject_13 ;;;;;;;
%F4:09:D8:72:64:3A;0; RIGHTPOCKET; samsung-SM-G900F-5.0                           ;;;;
%C4:BE:84:70:0E:80;2; WAIST; SensorTag                                            ;;;;
% TimeStamp; Sample No; X-Axis; Y-Axis; Z-Axis; Sensor Type; Sensor ID;
"""
FILE = "UMAFall_Subject_13_ADL_Bending_1_2016-06-06_16-37-56.csv"


def spreadsheet(value: float) -> str:
    """What a spreadsheet made of a decimal point: digits in groups of three from the right."""
    text = f"{value:.15f}"
    if abs(value) < 1:
        return text
    digits = text.replace(".", "").lstrip("-")
    groups = []
    while digits:
        digits, group = digits[:-3], digits[-3:]
        groups.insert(0, group)
    return ("-" if value < 0 else "") + ".".join(groups)


def umafall(folder, accel, gyro=None, cell=lambda value: f"{value:.15f}"):
    rows = [
        f"{100 + i * 50};{i + 1};{';'.join(cell(value) for value in row)};{kind};2;"
        for kind, values in ((0, accel), (1, gyro if gyro is not None else []))
        for i, row in enumerate(values)
    ]
    rows += ["900;1;0.1;0.2;0.3;2;2;", "901;1;0.5;0.5;0.5;0;0;", "bad;row;1;2;3;0;2;"]
    (folder / FILE).write_text(HEAD + "\n".join(rows))
    return folder / FILE


def test_umafall_gives_one_position_with_its_subject_activity_and_rate(tmp_path):
    made = counts("wave", 3, seconds=6, rate=20)
    values = table(made).to_numpy()
    path = umafall(tmp_path, values[:, :3] / GRAVITY, values[:, 3:])
    found = bring(tmp_path / "out", path, position="WAIST")
    row = manifest(tmp_path / "out").iloc[0]
    told = (row.label, row.subject, row.sample_rate_hz, row.activity, row.trial, row.device)
    assert told == ("adl", "S13", "20", "Bending", "1", "SensorTag")
    assert np.abs(samples_of(tmp_path / "out")[0].astype(int) - made).max() <= 1
    assert any("no sample" in note for note in found.notes)
    with pytest.raises(UserError, match="no sensor CHEST"):
        bring(tmp_path / "other", path, position="CHEST")


def test_umafalls_values_that_lost_their_decimal_point_get_it_back(tmp_path):
    times = np.arange(400)[:, None] / 20
    accel = np.hstack([np.sin(times) * 4, np.sin(times * 1.3) * 15, 1 + 0.4 * np.sin(times * 3)])
    gyro = np.sin(times * [2, 1, 0.7]) * 0.9
    notes = Notes()
    (found,) = read_umafall(umafall(tmp_path, accel, gyro, spreadsheet), Asked(position="WAIST"), notes)
    assert "got theirs back" in notes.all()[-1]
    assert np.abs(found.values - np.hstack([accel, gyro])).max() < 1e-3
    (found,) = read_umafall(umafall(tmp_path, accel, gyro * 200, spreadsheet), Asked(position="WAIST"), notes)
    assert "left out" in notes.all()[-1]
    assert found.values.shape == (400, 3)


def test_what_cannot_be_read_is_left_out_and_told_and_nothing_at_all_is_an_error(tmp_path):
    good = written(tmp_path, "json", edge_impulse(table(counts("wave", 1, columns=3))))
    (tmp_path / "broken.json").write_text('{"payload": {')
    found = bring(tmp_path.parent / f"{tmp_path.name}_out", tmp_path)
    assert found.recordings == 1
    assert "broken.json" in found.notes[0]
    good.unlink()
    with pytest.raises(UserError, match="none that can be read"):
        bring(tmp_path / "nothing", tmp_path)
    assert not (tmp_path / "nothing").exists()


def test_a_label_of_strange_letters_becomes_one_that_a_header_can_hold(tmp_path):
    document = edge_impulse(table(counts("wave", 1, columns=3)))
    write_json(tmp_path / "in" / "a.json", document)
    labels = {"version": 1, "files": [{"path": "a.json", "label": {"type": "label", "label": "../Türe*/ auf"}}]}
    write_json(tmp_path / "in" / "info.labels", labels)
    found = bring(tmp_path / "out", tmp_path / "in")
    assert list(found.labels) == ["_Türe_ auf"]
    assert any("is written" in note for note in found.notes)


FORMATS = {
    "ei_json_nicla6axis": ({}, 54, "imu", ["degrees per second", "several lengths", "labelled 'testing'"]),
    "ei_json_xiao_gestures": ({}, 96, "accel", ["taken as g"]),
    "ei_json_phone": ({}, 12, "accel", ["which is not there"]),
    "st_unico_txt": ({"rate_hz": 26.0, "subject": "st"}, 9, "imu", ["96.88 Hz, not 26 Hz"]),
    "arduino_serial_csv": (
        {"rate_hz": 119.0, "name": re.compile(r"(?P<subject>[a-z]+)_(?P<label>[a-z]+)\.csv")},
        77,
        "imu",
        ["1785 rows are 15 times 119", "g by its usual length"],
    ),
}


@pytest.mark.parametrize("name", FORMATS)
def test_real_files_of_other_tools_come_in_and_their_quirks_are_told(tmp_path, shared, name):
    said, count, sensor, quirks = FORMATS[name]
    found = bring(tmp_path / "out", shared / "data" / "formats" / name, **said)
    assert found.recordings == count
    for quirk in quirks:
        assert any(quirk in note for note in found.notes), (quirk, found.notes)
    made = load(tmp_path / "out", sensor)
    pinned = name == "ei_json_xiao_gestures"  # one of them has its y axis at -2 g for 96 % of ten seconds
    assert (len(made.items), len(made.left_out)) == (count - pinned, pinned)
    usual = np.median([np.median(np.linalg.norm(item.recording.samples[:, :3], axis=1)) for item in made.items])
    assert usual == pytest.approx(2048, rel=0.25)


marks = ["\n", ",", ";", "\t", " ", "\0", "é", "%", "#"]
words = ["1", "-2.5", "1e308", "nan", "0x1f", "A_X [mg]", "timestamp_us", "ax,ay,az\n", "1.012.598.156.929.010", HEAD]
rows = ["193;1;0.1;0.2;0.3;0;2;\n", "193;1;1e400;0.2;0.3;0;2;\n", "193;1;x;0.2;0.3;1;2;\n"]
pieces = st.sampled_from(marks + words + rows)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(st.binary(max_size=300), st.lists(pieces, max_size=40).map(lambda some: "".join(some).encode())),
    st.sampled_from(["wave.csv", "wave.txt", FILE, "wave.wav", "in/info.labels"]),
)
def test_whatever_lies_in_a_folder_an_import_writes_a_data_set_or_one_line(tmp_path, data, name):
    folder = tmp_path / "any"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "from" / name).parent.mkdir(parents=True)
    (folder / "from" / name).write_bytes(data)
    try:
        bring(folder / "out", folder / "from", rate_hz=50.0, subject="ann", label="x", accel_unit="g", position="WAIST")
    except UserError as error:
        assert "\n" not in str(error)
        assert not (folder / "out").exists()
        return
    assert len(manifest(folder / "out"))
    for row in manifest(folder / "out").itertuples():
        frame = pd.read_csv(folder / "out" / row.file) if row.file.endswith("csv") else None
        assert frame is None or np.isfinite(frame.to_numpy(float)).all()


def speak(folder, words):
    """A folder a word, a clip of its own in each."""
    for pitch, word in enumerate(words):
        path = folder / word / "0a7c2a8d_nohash_0.wav"
        path.parent.mkdir(parents=True)
        write_audio(path, tone(300 + 40 * pitch, pitch).astype(np.int16), 16000)
    return folder


def test_folders_of_words_in_any_script_stay_as_many_classes(tmp_path):
    words = ["开灯", "关灯", "größe", "grüße", "x" * 35 + "1", "x" * 35 + "2", "a!b", "a?b"]
    found = bring(tmp_path / "out", speak(tmp_path / "in", words))
    assert len(found.labels) == len(words)
    assert {"开灯", "关灯", "größe", "grüße"} <= set(found.labels)
    said = "\n".join(found.notes)
    assert "'a!b'" in said
    assert "'a?b'" in said
    assert len(load(tmp_path / "out", "mic").labels) == len(words)


def test_two_people_stay_two(tmp_path):
    for number, name in enumerate(("ann/1", "ann:1")):
        document = edge_impulse(table(counts("wave", number, columns=3)))
        document["payload"]["device_name"] = name
        write_json(tmp_path / "in" / f"wave.{number}.json", document)
    found = bring(tmp_path / "out", tmp_path / "in")
    assert len(found.subjects) == 2
    assert any("'ann/1'" in note and "'ann:1'" in note for note in found.notes)


EVEN = (np.arange(1200) * 1e6 / 104).round().astype(int)


def stamped(path, times, header="timestamp_us", values=None):
    values = table(counts("wave", 1, seconds=24, columns=3)).to_numpy()[: len(times)] if values is None else values
    rows = [f"{time},{','.join(map(str, row))}" for time, row in zip(times, values.tolist(), strict=True)]
    path.write_text("\n".join([f"{header},ax,ay,az", *rows]))
    return path


TIMES = {  # stamps; recordings that come of them; samples missing in the first
    "a restart": (np.concatenate([EVEN[:500], EVEN[:700]]), [500, 700], None),
    "three runs": (np.concatenate([EVEN[:400]] * 3), [400] * 3, None),
    "a pause of 60 s": (np.concatenate([EVEN[:600], EVEN[600:] + 60_000_000]), [600, 600], None),
    "a wrap": ((EVEN + 2**32 - 3_000_000) % 2**32, [1200], None),
    "a gap": (np.concatenate([EVEN[:600], EVEN[600:] + 3 * 9615]), [1200], "3"),
}


@pytest.mark.parametrize("name", TIMES)
def test_whatever_time_does_in_a_file_the_rate_is_right_and_a_recording_is_a_stretch_of_it(tmp_path, name):
    times, lengths, missing = TIMES[name]
    bring(tmp_path / "out", stamped(tmp_path / "wave.csv", times), subject="ann")
    rows = manifest(tmp_path / "out")
    assert [float(rate) for rate in rows.sample_rate_hz] == pytest.approx([104] * len(lengths), rel=1e-3)
    assert [len(one) for one in samples_of(tmp_path / "out", "accel")] == lengths
    assert rows.get("missing_samples", [None])[0] == missing
    assert load(tmp_path / "out", "accel").left_out == ()


def test_rows_that_are_no_numbers_are_missing_samples_with_and_without_time(tmp_path):
    path = stamped(tmp_path / "wave.csv", EVEN)
    lines = path.read_text().splitlines()
    for at in (100, 101, 700):
        lines[at] = ",".join([lines[at].split(",")[0], "nan", "nan", "nan"])
    path.write_text("\n".join(lines))
    bring(tmp_path / "timed", path, subject="ann")
    plain = tmp_path / "plain.csv"
    plain.write_text("\n".join(line.partition(",")[2] for line in lines))
    bring(tmp_path / "untimed", plain, subject="ann", rate_hz=104.0)
    for folder in ("timed", "untimed"):
        row = manifest(tmp_path / folder).iloc[0]
        assert (float(row.sample_rate_hz), row.missing_samples) == (pytest.approx(104, rel=1e-3), "3")


def test_time_stamps_without_a_unit_are_told_or_read_by_the_rate_that_is_said(tmp_path):
    path = stamped(tmp_path / "wave.csv", EVEN // 1000, "timestamp")
    with pytest.raises(UserError, match="say --rate"):
        bring(tmp_path / "none", path, subject="ann")
    found = bring(tmp_path / "out", path, subject="ann", rate_hz=100.0)
    assert any("taken for ms" in note for note in found.notes)
    assert float(manifest(tmp_path / "out").sample_rate_hz[0]) == pytest.approx(104, rel=1e-3)
    found = bring(tmp_path / "other", path, subject="ann", rate_hz=50.0)
    assert any("a time without a unit" in note for note in found.notes)


def test_semicolons_and_decimal_commas_are_read(tmp_path):
    values = table(counts("wave", 1, columns=3))
    text = values.to_csv(index=False, sep=";", decimal=",")
    (tmp_path / "wave.csv").write_text(text)
    bring(tmp_path / "out", tmp_path / "wave.csv", subject="ann", rate_hz=50.0)
    assert np.array_equal(samples_of(tmp_path / "out", "accel")[0], counts("wave", 1, columns=3))


@pytest.mark.parametrize("header", ["ax,ay,az,ax", "ax,ay,az,accx"])
def test_an_axis_that_is_there_twice_is_refused(tmp_path, header):
    (tmp_path / "wave.csv").write_text(f"{header}\n" + "0.1,0.2,9.8,0.1\n" * 20)
    with pytest.raises(UserError, match=r"found .?a"):
        bring(tmp_path / "out", tmp_path / "wave.csv", subject="ann", rate_hz=50.0)


def test_numbers_in_a_stray_text_do_not_stop_an_import(tmp_path):
    write_json(tmp_path / "in" / "wave.1.json", edge_impulse(table(counts("wave", 1, columns=3))))
    (tmp_path / "in" / "notes.txt").write_text("12\n13\n14\n")
    found = bring(tmp_path / "out", tmp_path / "in")
    assert found.labels == {"wave": 1}
    assert any("notes.txt" in note for note in found.notes)


def exported(folder, **labels):
    """An export with a file for each: name -> what `info.labels` says of it."""
    files = []
    for number, (name, said) in enumerate(labels.items()):
        write_json(folder / "training" / f"{name}.json", edge_impulse(table(counts("wave", number, columns=3))))
        files.append({"path": f"training/{name}.json", "category": "training"} | said)
    write_json(folder / "info.labels", {"version": 1, "files": files})
    return folder


def test_only_what_is_labelled_gets_a_label_and_the_rest_is_told(tmp_path):
    folder = exported(
        tmp_path / "in",
        dict={"label": {"type": "label", "label": "yes"}},
        text={"label": "no"},
        unlabelled={"label": {"type": "unlabeled"}},
        empty={"label": ""},
        none={"label": None},
        missing={},
        boxes={"label": {"type": "unlabeled"}, "boundingBoxes": [{"label": "cup", "x": 1, "y": 1}]},
        null={"label": {"type": "multi-label", "labels": None}},
        nothing={"label": {"type": "multi-label", "labels": []}},
        odd={"label": {"type": "multi-label", "labels": [None, {"label": "x", "startIndex": 1e999, "endIndex": 2}]}},
    )
    found = bring(tmp_path / "out", folder)
    assert found.labels == {"yes": 1, "no": 1}
    said = "\n".join(found.notes)
    for name in ("unlabelled", "empty", "none", "missing", "boxes", "null", "nothing", "odd"):
        assert f"training/{name}.json" in said
    assert "bounding boxes" in said
    assert bring(tmp_path / "all", folder, label="wave").labels == {"wave": 7}


def test_files_beside_a_list_are_read_by_their_names_and_other_kinds_are_told(tmp_path):
    folder = exported(tmp_path / "in", a={"label": "wave"})
    write_audio(folder / "training" / "yes.1.wav", tone(440).astype(np.int16), 16000)
    (folder / "training" / "cat.1.jpg").write_bytes(b"\xff\xd8")
    found = bring(tmp_path / "out", folder, subject="ann")
    assert found.labels == {"wave": 1, "yes": 1}
    assert any("1 of .jpg" in note for note in found.notes)


def test_csv_of_an_export_has_its_time_in_milliseconds(tmp_path):
    stamps = EVEN[:100] // 1000
    (tmp_path / "in" / "training").mkdir(parents=True)
    stamped(tmp_path / "in" / "training" / "punch.1.csv", stamps, "timestamp")
    said = {"label": {"type": "label", "label": "wave"}, "metadata": {"subject": "li"}}
    files = [{"path": "training/punch.1.csv"} | said]
    write_json(tmp_path / "in" / "info.labels", {"version": 1, "files": files})
    found = bring(tmp_path / "out", tmp_path / "in")
    assert (found.labels, found.subjects) == ({"wave": 1}, {"li": 1})
    assert float(manifest(tmp_path / "out").sample_rate_hz[0]) == pytest.approx(104, rel=2e-3)


@pytest.mark.parametrize("kind", ["json", "cbor", "wav"])
def test_single_files_of_an_export_have_the_label_of_their_name_and_not_of_their_folder(tmp_path, kind):
    folder = tmp_path / "training"
    folder.mkdir()
    path = folder / f"yes.1.{kind}"
    values = [[int(value)] for value in tone(440)]
    document = {"payload": {"device_name": "d", "interval_ms": 0.0625, "sensors": [{"name": "audio", "units": "wav"}]}}
    document["payload"]["values"] = values
    if kind == "wav":
        write_audio(path, tone(440).astype(np.int16), 16000)
    else:
        path.write_bytes(json.dumps(document).encode() if kind == "json" else cbor2.dumps(document))
    assert bring(tmp_path / "out", folder, subject="ann").labels == {"yes": 1}


cells = st.sampled_from(
    ["ax", "ay", "az", "timestamp", "time [ms]", "1", "-2.5", "1,5", "nan", "", " ", "x", "9" * 400]
)
tables_of_cells = st.tuples(st.sampled_from([",", ";", "\t", " "]), st.lists(st.lists(cells, max_size=5), max_size=12))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=200),
        tables_of_cells.map(lambda made: "\n".join(made[0].join(row) for row in made[1]).encode()),
    )
)
def test_whatever_a_table_holds_it_is_read_or_refused_in_one_line(tmp_path, data):
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    try:
        for one in read_table(path, Asked(rate_hz=50.0), Notes()):
            assert np.isfinite(one.values).all()
            assert one.rate_hz is None or one.rate_hz > 0
    except UserError as error:
        assert "\n" not in str(error)


labels_of = st.fixed_dictionaries(
    {}, optional={"path": json_values, "label": json_values, "boundingBoxes": json_values}
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(labels_of | st.fixed_dictionaries({"path": st.just("a.json"), "label": json_values}), max_size=4))
def test_whatever_a_list_says_its_export_is_read_or_refused_in_one_line(tmp_path, files):
    write_json(tmp_path / "in" / "a.json", edge_impulse(table(counts("wave", 1, columns=3))))
    write_json(tmp_path / "in" / "info.labels", {"files": files})
    try:
        for one in read_export(tmp_path / "in", Notes()):
            assert one.label or one.stray
    except UserError as error:
        assert "\n" not in str(error)
