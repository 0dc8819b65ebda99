"""A pytest plugin for the tests on boards, so that their option is known wherever pytest is started: how long the soak
takes. What a check found is shown as that of a test."""

import pytest

pytest.register_assert_rewrite("tests.hil.checks")


def pytest_addoption(parser) -> None:
    parser.getgroup("rig").addoption(
        "--soak-minutes",
        type=float,
        metavar="N",
        help="Length of the soak: of virtual time on an emulated board, of real time on a real one.",
    )
