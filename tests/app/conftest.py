"""The gesture application on virtual boards."""

import pytest

from ml.compiler.host import HostModel
from ml.link.device import Device
from ml.paths import ROOT
from tests.app.boards import started, workspace  # noqa: F401  (a fixture)

APP = "gesture_recognition"


@pytest.fixture(scope="session")
def virtual(workspace):  # noqa: F811
    yield from started(APP, "virtual")


@pytest.fixture(scope="session")
def virtual_m3(workspace):  # noqa: F811
    yield from started(APP, "virtual-m3")


@pytest.fixture(scope="session")
def host(workspace):  # noqa: F811
    yield from started(APP, "host")


@pytest.fixture
def device(virtual):
    with Device.open(virtual, app=APP) as opened:
        yield opened


@pytest.fixture(scope="session")
def host_model():
    return HostModel(ROOT / f"lib/{APP}_model/{APP}_model.h")
