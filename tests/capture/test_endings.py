"""However a recording ends, its files are valid and the manifest says what is missing."""

import resource
import signal
import subprocess
import time

import pytest
import soundfile
from desk import RATES, at_rest, noise, place


def assert_valid(done) -> list[dict[str, str]]:
    """Every file of the manifest can be read whole and has as many samples as it says."""
    rows = done.rows()
    for row in rows:
        assert len(done.samples(row)) == int(row["samples"]) > 0, row
    on_disk = {path.relative_to(done.data).as_posix() for path in done.data.rglob("0*_*")}
    assert on_disk == {row["file"] for row in rows}
    return rows


@pytest.mark.parametrize("after", [0.0, 0.4, 0.9, 1.7])
def test_an_interrupt_at_any_moment_leaves_finished_takes_whole(host, tmp_path, after):
    tool = host.collect(tmp_path, "--seconds", 0.3, "--repeat", 50, "--yes")
    tool.wait_until_ready()
    time.sleep(after)
    tool.interrupt()
    done = tool.done()
    assert done.status == 1
    assert "Traceback" not in done.err
    assert "interrupted" in done.err.splitlines()[-1]
    if not (tmp_path / "manifest.csv").exists():
        return
    rows = assert_valid(done)
    last = max((int(row["take"]) for row in rows), default=0)
    for row in rows:
        assert row["status"] == "whole" or (int(row["take"]) == last and row["status"] == "cut")
        assert int(row["samples"]) + int(row["lost_after"]) == round(0.3 * RATES[row["sensor"]])


def test_a_tool_that_is_killed_leaves_valid_files_that_the_next_run_closes(host, tmp_path):
    tool = host.collect(tmp_path, "--seconds", 60, "--yes", "--streams", "mic,imu")
    tool.wait_until_recording(2)
    time.sleep(1)
    tool.interrupt(signal.SIGKILL)
    killed = tool.done()
    assert {row["status"] for row in killed.rows()} == {"open"}
    for row in killed.rows():
        assert len(killed.samples(row)) > 0.3 * RATES[row["sensor"]]
    next_one = host.collect(tmp_path, "--seconds", 0.3, "--yes", "--streams", "mic,imu").done()
    assert next_one.status == 0
    rows = assert_valid(next_one)
    assert [row["status"] for row in rows] == ["cut", "cut", "whole", "whole"]
    assert all("died" in row["note"] for row in rows[:2])
    assert {row["take"] for row in rows[2:]} == {"2"}
    assert "0001_mic.wav" in next_one.err


def test_half_a_line_of_a_killed_tool_is_cut_off(host, tmp_path):
    tool = host.collect(tmp_path, "--seconds", 60, "--yes", "--streams", "imu")
    tool.wait_until_recording(1)
    tool.interrupt(signal.SIGKILL)
    (row,) = tool.done().rows()
    with (tmp_path / row["file"]).open("a") as file:
        file.write("123,4.5")
    done = host.collect(tmp_path, "--seconds", 0.2, "--yes", "--streams", "imu").done()
    assert_valid(done)


def test_a_full_disk_leaves_valid_files_and_a_manifest_that_says_so(host, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=800k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system can only be mounted by root")
    try:
        tool = host.collect(disk, "--seconds", 30, "--yes", "--streams", "mic,imu")
        tool.wait_until_recording(2)
        host.play({name: noise(name, 25) for name in ("mic", "imu")})
        done = tool.done()
        assert done.status == 1
        assert "Traceback" not in done.err
        assert "No space left" in done.err
        assert "INCOMPLETE" in done.out
        rows = assert_valid(done)
        assert {(row["sensor"], row["status"]) for row in rows} == {("mic", "cut"), ("imu", "cut")}
        for row in rows:
            assert "No space left" in row["note"]
            assert int(row["samples"]) + int(row["lost_after"]) == 30 * RATES[row["sensor"]]
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_file_that_may_not_grow_ends_the_take_like_a_full_disk(host, tmp_path):
    limit = 300_000
    tool = host.collect(
        tmp_path,
        "--seconds",
        30,
        "--yes",
        "--streams",
        "mic",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    tool.wait_until_recording()
    sound = noise("mic", 25)
    host.play({"mic": sound})
    done = tool.done()
    assert done.status == 1
    (row,) = assert_valid(done)
    assert row["status"] == "cut"
    recorded = done.samples(row)
    assert limit - 2048 <= 44 + 2 * len(recorded) <= limit
    assert place(recorded, sound) > 0


def test_a_wav_file_is_valid_at_every_moment_while_it_grows(host, tmp_path):
    tool = host.collect(tmp_path, "--seconds", 1.5, "--yes", "--streams", "mic")
    tool.wait_until_recording()
    path, lengths = tmp_path / "ann/s1/0001_mic.wav", set()
    while tool.process.poll() is None:
        samples, rate = soundfile.read(path, dtype="int16")
        assert rate == RATES["mic"]
        assert at_rest(samples[:, None], "mic").all()
        lengths.add(len(samples))
    assert tool.done().status == 0
    assert len(lengths) > 3
    assert max(lengths) <= 1.5 * RATES["mic"]


def test_a_second_tool_in_the_same_folder_is_turned_away(host, virtual, tmp_path):
    tool = host.collect(tmp_path, "--seconds", 600, "--yes", "--streams", "imu")
    tool.wait_until_recording()
    second = virtual.collect(tmp_path, "--seconds", 1, "--yes").done()
    assert second.status == 1
    assert "only one who records" in second.err
    tool.interrupt()
    assert [row["status"] for row in assert_valid(tool.done())] == ["cut"]


def test_a_take_in_which_nothing_was_lost_has_no_more_and_no_less_than_asked_for(host, tmp_path):
    done = host.collect(tmp_path, "--seconds", 0.123, "--yes").done()
    for row in assert_valid(done):
        assert int(row["samples"]) == round(0.123 * RATES[row["sensor"]])
        assert at_rest(done.samples(row), row["sensor"]).all()
