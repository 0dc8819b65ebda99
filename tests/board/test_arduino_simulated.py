"""The Arduino boards over simulated cores, buses and chips: what the sources decide, not the silicon."""

import functools
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ml.paths import ROOT

HERE = Path(__file__).parent
BOARD = ROOT / "lib" / "board"
COMPILER = shutil.which("g++") or shutil.which("clang++")
CORES = {
    "stm32": "ARDUINO_ARCH_STM32",
    "esp32": "ARDUINO_ARCH_ESP32",
    "nrf52840": "TARGET_NRF52840",  # and ARDUINO_ARCH_MBED
    "rp2040": "TARGET_RP2040",
}
SOURCES = {
    "sleep": ["arduino_sleep.cpp", "arduino_sensors.cpp"],
    "reset": ["arduino_reset.cpp"],
    "devices": ["arduino_i2c.cpp", "imu_lsm6ds.cpp", "imu_mpu6050.cpp"],
    "inmp441": ["mic_inmp441.cpp"],
    "pdm": ["mic_pdm.cpp"],
    "store": ["arduino_store.cpp"],
}
SLEEPERS = ("stm32", "esp32", "nrf52840")  # the RP2040 sleeps by the same lines as the nRF52840
SECONDS = 40  # of simulated time
PATIENCE_S = 10  # in which the host may speak, before the console ends
pytestmark = [
    pytest.mark.skipif(COMPILER is None, reason="no C++ compiler on the PATH"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="maps the addresses of registers, on Linux"),
]


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated")

    @functools.cache
    def make(main: str, core: str, *flags: str) -> Path:
        program = folder / "-".join([main, core, *flags])
        sources = SOURCES[main]
        command = [COMPILER, "-std=gnu++11", "-Wall", "-Wextra", "-Werror", "-DARDUINO=10819", "-DSIMULATED"]
        command += ["-DARDUINO_ARCH_MBED"] if CORES[core].startswith("TARGET") else []
        command += [f"-D{CORES[core]}", *(f"-D{flag}" for flag in flags)]
        includes = (HERE / "arduino_declarations", BOARD / "include", BOARD / "src/arduino")
        command += [f"-I{include}" for include in includes]
        command += [str(HERE / "arduino_simulated" / f"{main}.cpp"), *(str(BOARD / "src/arduino" / s) for s in sources)]
        subprocess.run([*command, "-o", str(program)], check=True)
        return program

    return make


def output(program: Path, *arguments: object) -> str:
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    if done.returncode == 77:
        pytest.skip("the host uses the addresses of the registers itself")
    assert done.returncode == 0, done
    return done.stdout


@pytest.mark.parametrize("rate_hz", [98, 104, 110])  # of an IMU that calls itself 104 Hz
@pytest.mark.parametrize("depth", [1, 32])
@pytest.mark.parametrize("low_power", [0, 1])
@pytest.mark.parametrize("core", SLEEPERS)
def test_sleeping_until_the_next_sample_loses_none_and_times_it(build, core, low_power, depth, rate_hz):
    program = build("sleep", core, f"BOARD_LOW_POWER={low_power}", f"DEPTH={depth}")
    found = json.loads(output(program, SECONDS, rate_hz, 0))
    assert (found["lost"], found["overruns"]) == (0, 0)
    assert found["taken"] == pytest.approx(SECONDS * rate_hz, abs=6)  # some wait in the sensor
    assert found["asleep"] > 0.9  # at 0.4 ms of work each 10 ms
    assert found["worst_us"] < (2500 if depth == 1 else 1e6 / rate_hz)  # a tick and its work; a period
    assert abs(found["clock_error_us"]) < SECONDS * 100  # 100 ppm


@pytest.mark.parametrize("core", ["nrf52840", "esp32"])
def test_a_sensor_that_keeps_samples_lets_the_board_sleep_longer(build, core):
    naps = [json.loads(output(build("sleep", core, f"DEPTH={depth}"), SECONDS, 104, 0))["naps"] for depth in (1, 32)]
    assert naps[1] < naps[0] / 3


@pytest.mark.parametrize("core", ["stm32", "esp32"])
def test_deep_sleep_begins_when_the_host_was_quiet_and_ends_the_console(build, core):
    program = build("sleep", core, "BOARD_LOW_POWER=1", "DEPTH=1")
    quiet = json.loads(output(program, SECONDS, 104, 0))
    spoken = json.loads(output(program, SECONDS, 104, 1000))
    assert quiet["console_ended"]
    assert quiet["deep"] > 0.8 * (1 - PATIENCE_S / SECONDS)
    assert not spoken["console_ended"]
    assert spoken["deep"] == 0


@pytest.mark.parametrize("core", SLEEPERS)
def test_the_console_stays_without_the_flag(build, core):
    found = json.loads(output(build("sleep", core, "BOARD_LOW_POWER=0", "DEPTH=1"), SECONDS, 104, 0))
    assert not found["console_ended"]
    assert found["deep"] == 0


RMVF, PIN, BOR, SOFTWARE, IWDG = (1 << bit for bit in (23, 26, 27, 28, 29))
KEPT, FAULTED = 0x5448494D, 0x4641554C
CAUSES = [
    ("nrf52840", 0, 0, "power"),
    ("nrf52840", 1, 0, "pin"),
    ("nrf52840", 2, 0, "watchdog"),
    ("nrf52840", 4, 0, "software"),
    ("nrf52840", 4, 0xD0, "watchdog"),  # by its ticker
    ("nrf52840", 4, 0xFA, "fault"),
    ("nrf52840", 8, 0, "fault"),
    ("nrf52840", 2 | 4, 0, "watchdog"),
    ("nrf52840", 1 << 16, 0, "unknown"),
    ("rp2040", 1, 1 << 8, "watchdog"),
    ("rp2040", 2, 1 << 8, "software"),
    ("rp2040", 2, 0xFA << 24 | 1 << 8, "fault"),  # in SCRATCH0
    ("rp2040", 0, 1 << 16, "pin"),
    ("rp2040", 0, 1 << 8, "power"),
    ("rp2040", 0, 1 << 20, "unknown"),
    ("stm32", BOR | PIN, 0, "power"),
    ("stm32", BOR | PIN, KEPT, "brownout"),
    ("stm32", PIN, KEPT, "pin"),
    ("stm32", SOFTWARE | PIN, KEPT, "software"),
    ("stm32", SOFTWARE | PIN, FAULTED, "fault"),
    ("stm32", IWDG | PIN, KEPT, "watchdog"),
    ("stm32", 0, KEPT, "unknown"),
    ("esp32", 1, 0, "power"),
    ("esp32", 2, 0, "pin"),
    ("esp32", 3, 0, "software"),
    ("esp32", 4, 0, "fault"),
    ("esp32", 5, 0, "watchdog"),
    ("esp32", 6, 0, "watchdog"),
    ("esp32", 7, 0, "watchdog"),
    ("esp32", 8, 0, "unknown"),
    ("esp32", 9, 0, "brownout"),
]


@pytest.mark.parametrize(("core", "flags", "more", "cause"), CAUSES)
def test_the_reset_cause_is_what_the_registers_say_and_stays(build, core, flags, more, cause):
    assert output(build("reset", core), flags, more, 8000).split()[:3] == [cause, "1", "1"]


@pytest.mark.parametrize(
    ("core", "ms", "registers"),
    [
        ("nrf52840", 8000, "1966080 1 1 1 6e524635"),  # CRV, of a minute; RREN, CONFIG, START, RR[0]
        ("nrf52840", 90_000, "2949120 1 1 1 6e524635"),
        ("rp2040", 8000, "16000000 40000000 0001fffc"),  # LOAD, CTRL: ENABLE, WDSEL
        ("rp2040", 60_000, "16777215 40000000 0001fffc"),  # as long as it can
        ("stm32", 8000, "8000000 2"),  # us; fed, before it was started and after
        ("stm32", 60_000, "32760000 2"),
        ("esp32", 8000, "8 1"),  # s; fed
        ("esp32", 8001, "9 1"),
    ],
)
def test_the_watchdog_is_set_as_the_manual_says(build, core, ms, registers):
    assert output(build("reset", core), 0, 0, ms).splitlines()[0].split(" ", 3)[3].startswith(registers)


def test_the_nrf52840_that_hangs_resets_itself_before_its_long_watchdog_would(build):
    assert output(build("reset", "nrf52840"), 0, 0, 8000).splitlines()[1] == "reset after 13 s, left d0"


LSM6DS, MPU6050 = "BOARD_IMU_LSM6DS", "BOARD_IMU_MPU6050"


@pytest.mark.parametrize(
    ("driver", "chip", "address", "asked_mhz", "said"),
    [
        # CTRL1_XL, CTRL2_G: rate and range; CTRL3_C: whole samples, the next address by itself
        (LSM6DS, 0x6A, 0x6A, 104_000, "104000 10=44 11=4c 12=44"),
        (LSM6DS, 0x6C, 0x6A, 100_000, "104000 10=44 11=4c 12=44"),
        (LSM6DS, 0x6C, 0x6A, 400_000, "416000 10=64 11=6c 12=44"),
        (LSM6DS, 0x6A, 0x6A, 1_600_000, "416000 10=64 11=6c 12=44"),
        (LSM6DS, 0x6A, 0x6A, 1_000, "26000 10=24 11=2c 12=44"),
        (LSM6DS, 0x69, 0x6A, 104_000, "-2"),  # another chip
        (LSM6DS, 0x6A, 0x6B, 104_000, "-2"),  # nobody at this address
        # SMPLRT_DIV, CONFIG, the two ranges, INT_ENABLE, PWR_MGMT_1
        (MPU6050, 0x68, 0x68, 100_000, "100000 19=09 1a=03 1b=18 1c=18 38=01 6b=01"),
        (MPU6050, 0x68, 0x68, 400_000, "333333 19=02 1a=03 1b=18 1c=18 38=01 6b=01"),
        (MPU6050, 0x68, 0x68, 1_600_000, "-3"),
        (MPU6050, 0x70, 0x68, 100_000, "-2"),
    ],
)
def test_a_motion_sensor_is_set_as_its_data_sheet_says(build, driver, chip, address, asked_mhz, said):
    assert output(build("devices", "stm32", driver), asked_mhz, chip, address).splitlines()[0] == said


@pytest.mark.parametrize(
    ("driver", "chip", "sample"),
    [
        (LSM6DS, 0x6A, "1.00 2.00 3.00 -70.0 -140.0 -210.0"),  # 0.488 mg and 70 mdps a count
        (MPU6050, 0x68, "1.00 2.00 3.00 -61.0 -122.0 -182.9"),  # 2048 counts a g, 16.4 a degree per second
    ],
)
def test_a_motion_sensor_gives_g_and_degrees_and_each_sample_once(build, driver, chip, sample):
    lines = output(build("devices", "stm32", driver), 100_000, chip, chip if driver == MPU6050 else 0x6A).splitlines()
    assert lines[1:] == ["0", sample]  # none before one is ready


@pytest.mark.parametrize("empty", [0, 1, 2], ids=["zeros", "ones", "follows the line"])
@pytest.mark.parametrize("slot", [0, 1])
def test_the_slot_that_the_inmp441_fills_is_the_one_that_is_heard(build, slot, empty):
    pins = ("BOARD_MIC_INMP441", "BOARD_I2S_SCK=1", "BOARD_I2S_WS=2", "BOARD_I2S_SD=3")
    assert output(build("inmp441", "esp32", *pins), slot, empty).split() == ["16000000", "1000", "1"]


@pytest.mark.parametrize(("core", "block"), [("nrf52840", 256), ("rp2040", 32), ("rp2040", 64)])
@pytest.mark.parametrize(("every", "whole"), [(1, True), (7, True), (300, False)])
def test_samples_of_a_pdm_microphone_come_in_order_or_are_counted(build, core, block, every, whole):
    blocks = 1200
    taken, lost, in_order, handed = map(int, output(build("pdm", core, "BOARD_MIC_PDM"), block, every, blocks).split())
    assert (in_order, handed) == (1, blocks)  # nothing was left to the library, or it would have ended
    assert taken + lost == blocks * block
    assert (lost == 0) is whole


@pytest.mark.parametrize("core", ["stm32", "esp32", "nrf52840"])
def test_the_store_says_when_the_flash_kept_nothing(build, core):
    assert output(build("store", core), 0).split()[:4] == ["0", "1", "0", "-4"]
    assert output(build("store", core), 1).split()[:2] == ["-4", "0"]


def test_the_store_stays_clear_of_a_boot_loader_at_the_end_of_the_flash(build):
    assert output(build("store", "nrf52840"), 0).split()[4:] == ["fc000", "4000"]
    assert output(build("store", "nrf52840", "BOARD_STORE_END=0xF4000"), 0).split()[4:] == ["f0000", "4000"]
