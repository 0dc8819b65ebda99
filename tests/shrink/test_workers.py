"""Processes side by side: what one raises comes back, and one that dies ends the work instead of being started anew."""

import multiprocessing
import os

import pytest

from ml.errors import UserError
from ml.workers import crew


def test_several_lists_by_the_same_processes_and_an_error_of_one_ends_all():
    with crew(2) as work:
        assert sorted(work(abs, [-2, 1, -3], "numbers")) == [1, 2, 3]
        with pytest.raises(TypeError):
            work(abs, [1, "no number", 2], "numbers")
    assert not multiprocessing.active_children()


def test_a_process_that_the_system_ends_is_told_in_a_line():
    with pytest.raises(UserError, match="ended before its work did") as told, crew(2) as work:
        work(os._exit, [9, 9, 9], "work")
    assert "\n" not in str(told.value)
    assert not multiprocessing.active_children()


def test_processes_that_cannot_start_are_not_started_for_ever(tmp_path, monkeypatch):
    (tmp_path / "platform.py").write_text("raise ImportError('a module of this name hides that of Python')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="ended before its work did"), crew(2) as work:
        work(abs, [1, 2], "work")
    assert not multiprocessing.active_children()
