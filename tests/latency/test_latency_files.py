"""Log files: whole at any moment, read back as written, and refused in a line when they are something else."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from latency_bench import run
from made_logs import HEADER, log, noisy

from ml.cli import run_cli
from ml.errors import UserError
from tools.latency import latency
from tools.latency_log import reading, writing
from tools.latency_log.log import COLUMNS, Rows

KINDS = ["csv", "parquet"]
NUMBERS = st.integers(0, 2**40)
ROWS = st.lists(st.tuples(*[NUMBERS] * len(COLUMNS)), max_size=30)


def write(path, rows, header=HEADER):
    writer = writing.create(path, header)
    writer.add(rows)
    writer.close()
    return path


@pytest.fixture(params=KINDS)
def written(request, tmp_path):
    return write(tmp_path / f"log.{request.param}", log(noisy(50, 1)).rows)


@pytest.mark.parametrize("kind", KINDS)
@given(values=ROWS)
@settings(max_examples=30)
def test_what_is_written_is_read(tmp_path_factory, kind, values):
    rows = Rows()
    for row in values:
        rows.append(row)
    found = reading.read(write(tmp_path_factory.mktemp("log") / f"a.{kind}", rows))
    assert found.header == HEADER
    assert found.rows.since(0) == values


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_rows_make_the_same_bytes(tmp_path, kind):
    rows = log(noisy(50, 1)).rows
    assert write(tmp_path / f"a.{kind}", rows).read_bytes() == write(tmp_path / f"b.{kind}", rows).read_bytes()


def test_other_programs_read_them_too(tmp_path):
    rows = log(np.full(20, 64_000)).rows
    frames = [
        pd.read_csv(write(tmp_path / "a.csv", rows), comment="#"),
        pd.read_parquet(write(tmp_path / "a.parquet", rows)),
    ]
    assert frames[0].equals(frames[1])
    assert list(frames[0]["inference_us"]) == [1000.0] * 20


@pytest.mark.parametrize("kind", KINDS)
def test_a_log_is_whole_after_every_addition(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(writing, "LEAST_S", 0.0)
    monkeypatch.setattr(writing, "SHARE", 0)
    rows, writer = Rows(), writing.create(tmp_path / f"log.{kind}", HEADER)
    for count, row in enumerate(log(noisy(20, 1)).rows.since(0), 1):
        rows.append(row)
        writer.add(rows)
        assert len(reading.read(tmp_path / f"log.{kind}").rows) == count
    writer.close()
    assert [path.name for path in tmp_path.iterdir()] == [f"log.{kind}"]


@given(cut=st.integers(1, 200))
@settings(max_examples=30)
def test_half_a_line_is_left_out_and_said(tmp_path_factory, cut):
    path = write(tmp_path_factory.mktemp("log") / "log.csv", log(noisy(50, 1)).rows)
    path.write_bytes(path.read_bytes()[:-cut])
    found = reading.read(path)
    gone = 50 - len(found.rows)
    assert found.rows.since(0) == log(noisy(50, 1)).rows.since(0)[: 50 - gone]
    whole_lines = path.read_bytes().endswith(b"\n")
    assert bool(found.notes) != whole_lines


def refused(path):
    """The one line that says why."""
    with pytest.raises(UserError) as error:
        reading.read(path)
    assert "\n" not in str(error.value) and "expected" in str(error.value) and "found" in str(error.value)
    return str(error.value)


@given(data=st.data())
@settings(max_examples=150)
def test_damaged_bytes_are_an_error_of_one_line_or_change_figures_only(tmp_path_factory, data):
    kind = data.draw(st.sampled_from(KINDS))
    path = write(tmp_path_factory.mktemp("log") / f"log.{kind}", log(noisy(30, 1)).rows)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        found = reading.read(path)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert len(found.rows) <= 31


@given(content=st.binary(max_size=300), start=st.sampled_from([b"", b"PAR1", writing.MAGIC.encode()]))
def test_foreign_bytes_are_refused(tmp_path_factory, content, start):
    path = tmp_path_factory.mktemp("log") / "log.csv"
    path.write_bytes(start + content)
    refused(path)


def test_tables_of_others_are_refused(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "other.parquet")
    assert "expected a log of tools/latency.py" in refused(tmp_path / "other.csv")
    assert "found another Parquet file" in refused(tmp_path / "other.parquet")


@pytest.mark.parametrize(
    ("column", "values", "words"),
    [
        ("awake", pa.array([1.5] * 50), "other than integers in the column awake"),
        ("window", pa.array([None, *range(49)], pa.int64()), "other than integers in the column window"),
        ("latency_us", pa.array([-1] * 50), "a number out of range in the column latency_us"),
        ("slept_us", None, "no column slept_us"),
    ],
)
def test_columns_that_are_none_are_refused(tmp_path, column, values, words):
    table = pq.read_table(write(tmp_path / "log.parquet", log(noisy(50, 1)).rows))
    at = table.column_names.index(column)
    table = table.remove_column(at) if values is None else table.set_column(at, column, values)
    pq.write_table(table, tmp_path / "log.parquet")
    assert words in refused(tmp_path / "log.parquet")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "expected a log of version 1, found 2"),
        ({"cycles_hz": 0}, "a clock of 0 Hz"),
        ({"cycles_hz": "fast"}, "no cycles_hz in its header"),
        ({"app": "x" * 500}, "a app that is no name"),
        ({"board": "a\x1b[2Jb"}, "a board that is no name"),
    ],
)
def test_headers_that_are_none_are_refused(tmp_path, change, words):
    path = write(tmp_path / "log.csv", log(noisy(50, 1)).rows)
    fields = HEADER.as_dict() | change
    head = [writing.MAGIC, *(f"# {key}: {json.dumps(value)}" for key, value in fields.items())]
    body = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    path.write_text("\n".join([*head, *body, ""]))
    assert words in refused(path)


@pytest.mark.parametrize("line", ["1,2,3", "a" * 40, "-1" + ",1" * 12, "9" * 30 + ",1" * 12, "", "１" + ",1" * 12])
def test_lines_that_are_no_rows_are_refused_with_their_number(tmp_path, line):
    path = write(tmp_path / "log.csv", log(noisy(50, 1)).rows)
    with path.open("a") as file:
        file.write(f"{line}\n")
    assert "line 62 that is no row" in refused(path)


def test_two_logs_are_compared_without_a_board(tmp_path):
    old = write(tmp_path / "old.parquet", log(noisy(500, 1)).rows)
    new = write(tmp_path / "new.csv", log(noisy(500, 2, mean=66_000)).rows)
    plot = tmp_path / "picture.svg"
    slower = run("--log", new, "--against", old, "--tolerance", 5, "--plot", plot)
    assert slower.status == 1
    assert "latency.py: expected nothing slower by more than 5 %, found inference median" in slower.err
    assert "too slow" in slower.out and "inference" in slower.out
    assert plot.read_text().startswith("<?xml")
    assert run("--log", new, "--against", old, "--tolerance", 15).status == 0
    found = run("--log", old, "--against", new, "--tolerance", 5, "--json")
    assert found.status == 0
    changes = {(each["stage"], each["quantile"]): each for each in found.json["comparison"]["changes"]}
    assert changes["inference", "median"]["beyond_noise"] and changes["inference", "median"]["high"] < 0
    assert changes["frontend", "median"]["change"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--log", "{log}", "--windows", "5"], "Expected --log alone, without a board, found --windows too"),
        (["--log", "{log}", "--tolerance", "5"], "Expected --against with --tolerance"),
        (["--log", "{log}", "--plot", "picture.gif"], "expected a name that ends in .png, .svg, .pdf, found .gif"),
        (["--log", "{log}", "--against", "{foreign}"], "expected a log of tools/latency.py"),
        (["--log", "nowhere.csv"], "File 'nowhere.csv' does not exist"),
        (["--log", "{empty}"], "expected windows in it, found none"),
        (["--out", "log.txt", "--windows", "5"], "expected a name that ends in .csv or .parquet, found .txt"),
        (["--out", "{log}", "--windows", "5"], "expected a new file, found that there is one"),
        (
            ["--out", "{log}", "--against", "{log}", "--overwrite", "--windows", "5"],
            "another file than that of --against",
        ),
        (["--port", "nowhere", "--windows", "5"], "nowhere: expected a serial port or a running virtual board"),
        (["--port", "nowhere"], "expected --seconds, --windows or --play, for nobody can press Ctrl-C here"),
    ],
)
def test_what_cannot_work_is_said_in_a_line(tmp_path, words, said, monkeypatch, capsys):
    monkeypatch.setenv("PLATFORMIO_WORKSPACE_DIR", str(tmp_path))
    names = {"log": write(tmp_path / "log.csv", log(noisy(50, 1)).rows), "empty": tmp_path / "empty.csv"}
    write(names["empty"], Rows())
    names["foreign"] = tmp_path / "foreign.csv"
    names["foreign"].write_text("a,b\n1,2\n")
    before = names["log"].read_bytes()
    monkeypatch.setattr("sys.argv", ["latency.py", *(word.format(**names) for word in words)])
    with pytest.raises(SystemExit) as ended:
        run_cli(latency, "latency.py")
    heard = capsys.readouterr()
    assert (ended.value.code, heard.out) == (1, "")
    assert said in heard.err and heard.err.count("\n") == 1
    assert names["log"].read_bytes() == before
