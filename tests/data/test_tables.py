"""One reader for every table: what is not surely right is an error of one line, never a column for another."""

import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.data.recordings import read
from ml.data.rows import read_rows
from ml.data.split_file import read_split
from ml.data.tables import BLOCK, Table
from ml.data.untrusted import MAX_COLUMNS, MAX_LINE
from ml.errors import UserError

HEADER = "ax,ay,az,gx,gy,gz"


def file(folder, text, name="one.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def numbers(path, count=3, **how):
    return Table(path).numbers(list(range(count)), **how).tolist()


def test_a_row_with_more_fields_than_the_header_is_refused_and_shifts_nothing(tmp_path):
    with pytest.raises(UserError, match="expected 6 fields in row 2, as in the header, found 7"):
        read(file(tmp_path, f"{HEADER}\n1,2,3,4,5,6\n0,1,2,3,4,5,6\n"), 50)
    with pytest.raises(UserError, match="expected 6 fields in row 1, as in the header, found 7"):
        read(file(tmp_path, f"{HEADER}\n0,1,2,3,4,5,6\n0,1,2,3,4,5,6\n"), 50)


def test_a_row_with_fewer_fields_than_the_header_is_refused(tmp_path):
    with pytest.raises(UserError, match="expected 3 fields in row 1, as in the header, found 2"):
        numbers(file(tmp_path, "ax,ay,az\n1,2\n"))


@pytest.mark.parametrize(
    "text", ["ax,ay,az,\n1,2,3,\n4,5,6,\n", "ax,ay,az\n1,2,3,\n4,5,6,,\n", "ax,ay,az,,\n1,2,3\n4,5,6"]
)
def test_empty_fields_at_the_end_of_lines_are_none(tmp_path, text):
    assert numbers(file(tmp_path, text)) == [[1, 2, 3], [4, 5, 6]]
    assert read(file(tmp_path, text), 50).samples.shape == (2, 3)


@pytest.mark.parametrize("header", ["ax,ay,az,ax", "ax,ay,az,AX", "ax,ay,az,ax_mps2"])
def test_a_column_that_is_there_twice_is_refused(tmp_path, header):
    with pytest.raises(UserError, match="expected each column once"):
        read(file(tmp_path, f"{header}\n1,2,3,4\n"), 50)


def test_a_column_without_a_name_is_refused(tmp_path):
    with pytest.raises(UserError, match="found none for column 2"):
        Table(file(tmp_path, "ax,,az\n1,2,3\n"))


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_commas_semicolons_tabs_line_ends_and_a_byte_order_mark_change_nothing(tmp_path, mark, end, bom):
    rows = [["ax", "ay", "az"], ["1.5", "-2", "3e1"], ['"4"', " 5", "6"]]
    path = file(tmp_path, bom + end.join(mark.join(row) for row in rows).encode())
    assert numbers(path) == [[1.5, -2, 30], [4, 5, 6]]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_between_semicolons_and_tabs_a_number_may_have_a_decimal_comma(tmp_path, mark):
    text = "ax;ay;az\n9,81;-0,5;3\n1,5;2;,25\n".replace(";", mark)
    assert numbers(file(tmp_path, text)) == [[9.81, -0.5, 3], [1.5, 2, 0.25]]
    made = read(file(tmp_path, text), 50)
    assert made.samples[0, 0] == round(9.81 / 9.80665 * 2048)


def test_two_decimal_marks_and_marks_between_thousands_are_refused(tmp_path):
    with pytest.raises(UserError, match="one decimal mark"):
        numbers(file(tmp_path, "ax;ay;az\n1,5;2;3\n1.5;2;3\n"))
    for odd in ("1.234,5", "1,234,5"):
        with pytest.raises(UserError, match="expected"):
            numbers(file(tmp_path, f"ax;ay;az\n{odd};2;3\n"))


@pytest.mark.parametrize("field", ["nan", "inf", "1_000", "0x10", "١", "1e999", "9" * 5000, "true", "--1", "1 2"])
def test_what_is_no_measured_value_is_named_with_its_row_and_column(tmp_path, field):
    with pytest.raises(UserError, match="a number in column ay of row 2") as caught:
        numbers(file(tmp_path, f"ax,ay,az\n1,2,3\n1,{field},3\n"))
    assert len(str(caught.value)) < 300


def test_a_row_of_nothing_ends_a_table_but_leaves_no_hole_in_it(tmp_path):
    assert numbers(file(tmp_path, "ax,ay,az\n1,2,3\n,,\n,,\n")) == [[1, 2, 3]]
    with pytest.raises(UserError, match="expected numbers in row 2, found none"):
        numbers(file(tmp_path, "ax,ay,az\n1,2,3\n,,\n4,5,6\n"))


def test_the_quick_and_the_careful_way_give_the_same(tmp_path):
    values = np.random.default_rng(0).normal(0, 9, (BLOCK + 50, 3))
    text = "ax,ay,az,note\n" + "".join(f"{a!r},{b!r},{c!r},0\n" for a, b, c in values.tolist())
    assert (Table(file(tmp_path, text)).numbers([2, 0]) == values[:, [2, 0]]).all()
    careful = text.rstrip("0\n") + '"x, y"\n'  # a text in the last row: from its block on field by field
    assert (Table(file(tmp_path, careful)).numbers([2, 0]) == values[:, [2, 0]]).all()


def test_a_manifest_may_come_from_a_spreadsheet_with_a_mark_semicolons_and_names_of_any_script(tmp_path):
    for name in ("a.csv", "b.csv"):
        file(tmp_path, "", name)
    text = "\ufefffile;label;subject;sample_rate_hz;;\na.csv;größe;李;50;;\nb.csv;grüße;ann;50;;\n"
    rows = read_rows(file(tmp_path, text, "manifest.csv"))
    assert [(row.file, row.label, row.subject) for row in rows] == [("a.csv", "größe", "李"), ("b.csv", "grüße", "ann")]


def test_a_split_file_is_read_by_the_same_rules(tmp_path):
    file(tmp_path, "subject,part\nann,train\nbob,test,x\n", "split.csv")
    with pytest.raises(UserError, match="expected 2 fields in row 2"):
        read_split(tmp_path)


HOSTILE = {
    "a long line": b"ax,ay,az\n" + b"1" * (MAX_LINE + 2),
    "a long header": b"a" * (MAX_LINE + 2),
    "many columns": ",".join(f"c{i}" for i in range(MAX_COLUMNS + 1)).encode(),
    "an open quote": b'ax,ay,az\n1,2,"3\n' + b"4,5,6\n" * 50_000,
    "a quote in a quote": b'ax,ay,az\n1,2,"3"4\n',
    "UTF-16": "ax,ay,az\n1,2,3\n".encode("utf-16"),
    "no UTF-8": b"ax,ay,az\n1,2,\xff\n",
    "NUL": b"ax,ay,az\n1,2,3\0\n",
    "nothing": b"",
    "a field of 5 MB": b"ax,ay,az\n1,2," + b"x" * 5_000_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_tables_are_one_line_before_memory_is_taken(tmp_path, text):
    path = file(tmp_path, text)
    tracemalloc.start()
    try:
        with pytest.raises(UserError) as caught:
            numbers(path)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_line_of_200_mb_and_a_file_beyond_the_limit_are_refused_without_being_read(tmp_path):
    path = file(tmp_path, "ax,ay,az\n")
    os.truncate(path, 100 << 20)  # a line of NUL, which takes no room on the disk
    with pytest.raises(UserError, match="characters in line 2"):
        numbers(path)
    os.truncate(path, 200 << 20)
    with pytest.raises(UserError, match="expected at most 134,217,728 bytes"):
        numbers(path)


fields = st.text(alphabet='0123456789.,;-+eE"\t \n\r\0naxé_', max_size=12)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=120), st.lists(fields, max_size=12).map(lambda some: ",".join(some).encode())))
def test_any_bytes_are_finite_numbers_or_one_line(tmp_path_factory, text):
    path = file(tmp_path_factory.getbasetemp(), b"ax,ay,az\n" + text, "fuzz.csv")
    for read_it in (lambda: Table(path).numbers([0, 1, 2]), lambda: list(Table(path).rows()), lambda: read(path, 50)):
        try:
            made = read_it()
        except UserError as error:
            assert "\n" not in str(error)
        else:
            assert not isinstance(made, np.ndarray) or np.isfinite(made).all()


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=80), st.lists(fields, max_size=12).map(lambda some: ",".join(some).encode())))
def test_any_bytes_behind_a_manifests_header_are_rows_or_one_line(tmp_path_factory, text):
    for header, name, read_it in (
        (b"file,label,subject,sample_rate_hz\n", "manifest.csv", lambda folder: read_rows(folder / "manifest.csv")),
        (b"subject,part\n", "split.csv", read_split),
    ):
        folder = tmp_path_factory.getbasetemp() / "fuzz_manifest"
        folder.mkdir(exist_ok=True)
        file(folder, header + text, name)
        try:
            read_it(folder)
        except UserError as error:
            assert "\n" not in str(error)
