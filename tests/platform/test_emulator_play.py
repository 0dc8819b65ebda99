"""`tools/emulator.py play` finds the sensor that a recording is of."""

import importlib.util

import pytest

from ml.paths import ROOT


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("emulator_tool", ROOT / "tools" / "emulator.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("columns", "sensor", "axes"), [("ax,ay,az", "accel", 3), ("ax,ay,az,gx,gy,gz", "imu", 6)])
def test_motion_goes_into_the_sensor_whose_columns_it_has(tool, tmp_path, columns, sensor, axes):
    file = tmp_path / "recording.csv"
    file.write_text(columns + "\n" + (",".join("1" * axes) + "\n") * 4)
    (name, track), *others = tool.read(file, 20).items()
    assert not others
    assert name == sensor
    assert track.samples.shape == (4, axes)
    assert track.rate_mhz == 20_000
