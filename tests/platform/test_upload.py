"""`pio run -t upload`, `pio device monitor` and the emulators behind them."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import emulator_control
import psutil
import pytest
from platformio.project.config import ProjectConfig

from ml.link.port import workspace
from ml.paths import ROOT
from tests.platform.bench import BOARDS, EMULATED, PIO, TIMEOUT_S, Bench, has_ended


def tool(bench: Bench, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "emulator.py"), *arguments],
        env=os.environ | {"PLATFORMIO_WORKSPACE_DIR": str(bench.folder / ".pio")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def pid(bench: Bench, env: str) -> int:
    return json.loads((bench.run_folder(env) / emulator_control.STATE).read_text())["pid"]


@pytest.mark.parametrize("board", BOARDS)
def test_upload_returns_and_the_console_answers(bench: Bench, board: str) -> None:
    with bench.fresh(f"probe-{board}") as console:
        assert console.ask("a", " hz ").startswith(f"board {board} hz ")


@pytest.mark.parametrize("board", ["virtual", "host"])
def test_a_second_upload_replaces_the_first(bench: Bench, board: str) -> None:
    env = f"probe-{board}"
    bench.upload(env)
    first = psutil.Process(pid(bench, env))
    bench.upload(env)
    assert has_ended(first)
    assert psutil.pid_exists(pid(bench, env))


def test_stop_leaves_nothing_behind(bench: Bench) -> None:
    bench.upload("probe-virtual")
    process = psutil.Process(pid(bench, "probe-virtual"))
    assert tool(bench, "stop", "probe-virtual").returncode == 0
    assert has_ended(process)
    assert not bench.run_folder("probe-virtual").exists()


def test_status_tells_what_runs_and_what_crashed(bench: Bench) -> None:
    bench.upload("probe-host")
    assert f"process {pid(bench, 'probe-host')}" in tool(bench, "status").stdout
    os.kill(pid(bench, "probe-host"), signal.SIGKILL)
    deadline = time.monotonic() + TIMEOUT_S
    while emulator_control.running(bench.run_folder("probe-host")) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "crashed" in tool(bench, "status").stdout
    assert tool(bench, "stop", "probe-host").returncode == 0


def test_stopping_what_does_not_run_is_one_line(bench: Bench) -> None:
    done = tool(bench, "stop", "nothing-virtual")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "nothing-virtual" in done.stderr


def test_a_recycled_process_number_is_left_alone(bench: Bench) -> None:
    bystander = subprocess.Popen(["sleep", "60"])
    folder = bench.run_folder("recycled")
    folder.mkdir(parents=True)
    state = emulator_control.Emulator(bystander.pid, "mps2-an386", "firmware.elf", 0.0)
    (folder / emulator_control.STATE).write_text(json.dumps(vars(state)))
    (folder / emulator_control.ALIVE).touch()
    emulator_control.stop(folder)
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_concurrent_starts_leave_one_emulator(bench: Bench) -> None:
    bench.upload("probe-host")
    folder = bench.run_folder("probe-host")
    program = emulator_control.state(folder).program
    started = []
    threads = [
        threading.Thread(target=lambda: started.append(emulator_control.start(folder, program, "host").pid))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alive = [each for each in started if psutil.pid_exists(each) and not has_ended(psutil.Process(each))]
    assert alive == [pid(bench, "probe-host")]


def test_a_program_that_ends_at_once_is_reported(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho no good >&2\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(emulator_control.EmulatorError, match="no good"):
        emulator_control.start(tmp_path / "env", str(broken), "host")
    assert emulator_control.running(tmp_path / "env") is None


@pytest.mark.parametrize("board", EMULATED)
def test_device_monitor_shows_the_console(bench: Bench, board: str) -> None:
    env = f"imu-{board}"
    bench.running(env)
    master, slave = pty.openpty()
    monitor = subprocess.Popen(
        [PIO, "device", "monitor", "-e", env],
        cwd=bench.folder,
        env=bench.environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    shown, deadline = b"", time.monotonic() + TIMEOUT_S
    while b"imu " not in shown and time.monotonic() < deadline:
        shown += os.read(master, 4096)
    monitor.terminate()
    monitor.wait()
    os.close(master)
    assert b"imu " in shown


def test_the_monitor_port_of_the_repository_is_where_uploads_put_it() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PLATFORMIO_WORKSPACE_DIR"}
    command = [PIO, "project", "config", "-d", str(ROOT), "--json-output"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    sections = {name: dict(options) for name, options in json.loads(done.stdout)}
    virtual = {
        name.removeprefix("env:"): each for name, each in sections.items() if "symlink" in each.get("platform", "")
    }
    environments = {name: each["monitor_port"] for name, each in virtual.items() if not name.startswith("board:")}
    assert environments
    for name, port in environments.items():
        assert Path(port).parts[-4:] == (".pio", "virtual", name, "console")


def test_a_starter_killed_at_once_leaves_an_emulator_that_is_found_and_stopped(bench: Bench) -> None:
    bench.restart("probe-host")
    folder = bench.run_folder("killed")
    program = emulator_control.state(bench.run_folder("probe-host")).program
    starter = (
        f"import os, sys; sys.path.insert(0, {str(ROOT / 'platforms' / 'virtual')!r}); import emulator_control as e;"
        "e._ports = lambda *_: os._exit(9);"  # what kill -9 right after the new process does
        f"e.start(e.Path({str(folder)!r}), {program!r}, 'host')"
    )
    assert subprocess.run([sys.executable, "-c", starter], check=False).returncode == 9
    process = psutil.Process(pid(bench, "killed"))
    assert f"process {process.pid}" in tool(bench, "status").stdout
    assert tool(bench, "stop", "killed").returncode == 0
    assert has_ended(process)


def test_stop_ends_the_emulator_and_not_the_process_that_a_forged_file_names(bench: Bench) -> None:
    bench.restart("probe-host")
    folder, emulator = bench.run_folder("probe-host"), psutil.Process(pid(bench, "probe-host"))
    bystander = subprocess.Popen(["sleep", "60"], start_new_session=True)
    forged = vars(emulator_control.state(folder)) | {"pid": bystander.pid}
    (folder / emulator_control.STATE).write_text(json.dumps(forged))
    assert tool(bench, "stop", "probe-host").returncode == 0
    assert bystander.poll() is None
    assert has_ended(emulator)
    bystander.kill()
    bystander.wait()


@pytest.mark.parametrize("text", ["", "[]", '{"pid": -1, "machine": "host", "program": "x", "started": 0}', "[" * 5000])
def test_an_emulator_whose_file_is_damaged_is_shown_and_stopped(bench: Bench, text: str) -> None:
    bench.restart("probe-host")
    emulator = psutil.Process(pid(bench, "probe-host"))
    (bench.run_folder("probe-host") / emulator_control.STATE).write_text(text)
    assert "probe-host" in tool(bench, "status").stdout
    assert tool(bench, "stop", "probe-host").returncode == 0
    assert has_ended(emulator)


@pytest.mark.parametrize("named", ["~/ws", "ws"])
def test_the_workspace_is_read_as_platformio_reads_it(monkeypatch, tmp_path: Path, named: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PLATFORMIO_WORKSPACE_DIR", named)
    monkeypatch.chdir(ROOT)
    assert workspace() == Path(ProjectConfig().get("platformio", "workspace_dir"))


def test_two_builds_of_one_environment_at_once_both_succeed(bench: Bench) -> None:
    bench.pio("run", "-e", "probe-host", "-t", "clean")
    command = [PIO, "run", "-e", "probe-host"]
    given = {"cwd": bench.folder, "env": bench.environment, "stdout": subprocess.DEVNULL}
    both = [subprocess.Popen(command, **given) for _ in range(2)]
    assert [each.wait() for each in both] == [0, 0]
