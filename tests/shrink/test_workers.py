"""Processes side by side: what one raises comes back, and one that dies ends the work instead of being started anew."""

import multiprocessing
import os
import subprocess
import sys
import time

import psutil
import pytest

from ml.errors import UserError
from ml.paths import ROOT
from ml.workers import crew


def test_several_lists_by_the_same_processes_and_an_error_of_one_ends_all():
    with crew(2) as work:
        made = work(abs, [-2, 1, -3], "numbers")
        assert len(made) == 3 and all(one in made for one in (1, 2, 3))
        with pytest.raises(TypeError):
            work(abs, [1, "no number", 2], "numbers")
    end = time.monotonic() + 30
    while multiprocessing.active_children() and time.monotonic() < end:
        time.sleep(0.05)
    assert not multiprocessing.active_children()


def test_a_process_that_the_system_ends_is_told_in_a_line():
    with pytest.raises(UserError, match="ended before its work did") as told, crew(2) as work:
        work(os._exit, [9, 9, 9], "work")
    assert "\n" not in str(told.value)
    end = time.monotonic() + 30
    while multiprocessing.active_children() and time.monotonic() < end:
        time.sleep(0.05)
    assert not multiprocessing.active_children()


ASLEEP = """
import time
from ml.workers import crew
if __name__ == "__main__":
    with crew(2) as work:
        print(work(abs, [-1], "a start"), flush=True)
        work(time.sleep, [600, 600], "sleep")
"""


def test_nobody_is_left_behind_by_a_process_that_is_killed(tmp_path):
    (tmp_path / "asleep.py").write_text(ASLEEP)
    given = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, tmp_path / "asleep.py"], stdout=subprocess.PIPE, env=given) as parent:
        assert parent.stdout and parent.stdout.readline() == b"[1]\n"
        children = psutil.Process(parent.pid).children()
        parent.kill()
    _, alive = psutil.wait_procs(children, 60)
    for one in alive:
        one.kill()
    assert len(children) > 1 and not alive


def test_processes_that_cannot_start_are_not_started_for_ever(tmp_path, monkeypatch):
    (tmp_path / "platform.py").write_text("raise ImportError('a module of this name hides that of Python')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="ended before its work did"), crew(2) as work:
        work(abs, [1, 2], "work")
    end = time.monotonic() + 30
    while multiprocessing.active_children() and time.monotonic() < end:
        time.sleep(0.05)
    assert not multiprocessing.active_children()
