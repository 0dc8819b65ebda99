"""What an application does when a sensor or a setting is not what its model needs: it does not build, or it says so.

Each application's own main.cpp, over a board in memory.
"""

import configparser
import functools
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from ml.link.frames import Decoder, Frame
from ml.link.messages import Info, Telemetry, Type
from ml.link.payloads import parse_info, parse_telemetry
from ml.native.build import archive
from ml.paths import ROOT

COMPILER = shutil.which("g++") or shutil.which("clang++")
# Which may see an application's flags; the kernels do not.
PARTS = ("anomaly", "decide", "frontend", "health", "ina", "learn", "link", "service", "spotter")
KERNELS = sorted((ROOT / "lib" / "nn" / "src").rglob("*.c"))
WITH_MODEL = ("fall_detection", "gesture_recognition", "keyword_spotting", "vibration_anomaly")
ABSENT, SENSOR, RATE = -1, -2, -3  # board.h
pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C++ compiler on the PATH")


def flags_of(app: str) -> list[str]:
    parser = configparser.ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    parser.read(ROOT / "apps" / app / "app.ini")
    includes = [f"-I{ROOT / 'lib' / part / 'include'}" for part in (*PARTS, "field", "nn", "board")]
    includes += [f"-I{ROOT / 'lib' / f'{app}_model'}"]
    return ["-std=gnu++11", *includes, *shlex.split(parser[f"app:{app}"].get("custom_flags", "").replace("-D ", "-D"))]


def compiled(app: str, *flags: str) -> subprocess.CompletedProcess:
    command = [COMPILER, "-fsyntax-only", *flags_of(app), *flags, str(ROOT / "apps" / app / "src" / "main.cpp")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("app", "flag", "message"),
    [
        ("keyword_spotting", "-DLOGMEL_MAX_WINDOW=256", "larger -D LOGMEL_MAX_WINDOW"),
        ("keyword_spotting", "-DLOGMEL_MAX_BANDS=32", "larger -D LOGMEL_MAX_BANDS"),
        ("keyword_spotting", "-DDECIDE_MAX_CLASSES=8", "larger -D DECIDE_MAX_CLASSES"),
        ("gesture_recognition", "-DDECIDE_MAX_CLASSES=8", "larger -D DECIDE_MAX_CLASSES"),
        ("vibration_anomaly", "-DANOMALY_MAX_FEATURES=4", "larger -D ANOMALY_MAX_FEATURES"),
        ("vibration_anomaly", "-UVIBRATION_MAX_FFT -DVIBRATION_MAX_FFT=64", "VIBRATION_MAX_FFT=128"),
    ],
)
def test_firmware_that_is_built_too_small_for_its_model_does_not_build(app: str, flag: str, message: str) -> None:
    done = compiled(app, *flag.split())
    assert done.returncode != 0
    assert message in done.stderr
    assert compiled(app).returncode == 0


def build(words: list[str]) -> None:
    done = subprocess.run([COMPILER, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What an application sends in 4,000 turns, over a board whose sensors return `started`."""
    folder = tmp_path_factory.mktemp("faults")

    @functools.cache
    def sent(app: str, *, started: str = "", flags: tuple[str, ...] = ()) -> list[Frame]:
        settings = [word for word in (*flags_of(app), *flags) if word.startswith("-D")]
        parts = [source for part in PARTS for source in sorted((ROOT / "lib" / part / "src").rglob("*.c"))]
        includes = [ROOT / "lib" / "ina" / "include"]
        libraries = [archive(f"app-{app}", parts, includes=includes, flags=settings), archive("nn", KERNELS)]
        program = folder / "-".join([app, started or "as-asked", *flags])
        board = ["-x", "c", str(Path(__file__).with_name("silent_board.c"))]
        board += [f"-DSTARTED={started}"] if started else []
        sources = ([str(ROOT / "apps" / app / "src" / "main.cpp")], board)
        objects = [program.with_name(f"{program.name}-{kind}.o") for kind in ("main", "board")]
        for source, made in zip(sources, objects, strict=True):  # one by one: many programs have a half in common
            build([*flags_of(app), *flags, "-c", *source, "-o", str(made)])
        build([*map(str, (*objects, *libraries)), "-lm", "-o", str(program)])
        out = subprocess.run([program], capture_output=True, check=True, timeout=60).stdout
        return [frame for frame in Decoder().feed(out) if isinstance(frame, Frame)]

    return sent


def info(frames: list[Frame]) -> Info:
    return [parse_info(frame.payload) for frame in frames if frame.type == Type.INFO][-1]


def telemetry(frames: list[Frame]) -> Telemetry:
    return [parse_telemetry(frame.payload) for frame in frames if frame.type == Type.TELEMETRY][-1]


@pytest.mark.parametrize("app", WITH_MODEL)
def test_a_sensor_at_the_rate_of_the_model_is_no_fault(run, app: str) -> None:
    frames = run(app)
    assert info(frames).fault == ""
    assert info(frames).model
    assert telemetry(frames).windows > 0


@pytest.mark.parametrize(
    ("app", "rate_mhz", "fault"),
    [
        ("keyword_spotting", 44_100_000, "the sensor is faster than the model wants it"),
        ("keyword_spotting", 8_000_000, "the sensor is slower than the model wants it"),
        ("vibration_anomaly", 26_000, "the sensor is slower than the model wants it"),
    ],
)
def test_where_the_rate_makes_every_answer_wrong_there_is_none_and_the_board_says_why(run, app, rate_mhz, fault):
    frames = run(app, started=str(rate_mhz))
    assert info(frames).fault == fault
    assert info(frames).model is None
    assert info(frames).streams == ()
    assert telemetry(frames).windows == 0


@pytest.mark.parametrize("app", ["gesture_recognition", "fall_detection", "vibration_anomaly"])
def test_a_faster_motion_sensor_is_brought_to_the_rate_of_the_model(run, app: str) -> None:
    as_asked, twice = run(app), run(app, started="2 * (int32_t)rate_mhz")
    assert info(twice).fault == ""
    assert info(twice).streams[0].rate_mhz == 2 * info(as_asked).streams[0].rate_mhz
    assert telemetry(twice).windows == pytest.approx(telemetry(as_asked).windows / 2, rel=0.25)  # first they fill


@pytest.mark.parametrize("app", WITH_MODEL)
@pytest.mark.parametrize(
    ("started", "fault"),
    [(ABSENT, ""), (SENSOR, "the sensor does not answer"), (RATE, "the sensor has no rate that is near enough")],
)
def test_without_a_sensor_the_host_can_inject_and_is_told_what_is_wrong(run, app, started, fault) -> None:
    found = info(run(app, started=f"({started})"))
    assert found.fault == fault
    assert found.model
    assert found.streams


def test_a_decision_that_does_not_fit_is_told_where_the_compiler_cannot(run) -> None:
    frames = run("keyword_spotting", flags=("-DDECIDE_MAX_SMOOTHING=4",))
    assert "too small" in info(frames).fault
    assert telemetry(frames).windows == 0


def test_a_logger_without_a_current_monitor_says_so(run) -> None:
    assert "no INA219, INA226 or INA228" in info(run("power_logger")).fault


def test_a_capture_board_whose_sensor_is_broken_says_so(run) -> None:
    assert info(run("sensor_capture", started=f"({SENSOR})")).fault == "the sensor does not answer"
