"""lib/engine_tflm on a stand-in for TensorFlow Lite Micro, which is not at hand: it keeps to what the published headers
declare (declared/), and computes toys. What it promises of runs, steps, windows and failures is the engine's own."""

import subprocess
from pathlib import Path

import pytest

from ml.engine import source
from ml.engine.arena import Arena
from ml.engine.outline import Node, Outline, Tensor
from ml.engine.source import Stream, Written
from ml.paths import ROOT

HERE = Path(__file__).parent
ADD, SUB, CALL_ONCE = 0, 41, 129
INCLUDES = ("-isystem", str(HERE / "declared"), f"-I{ROOT}/lib/engine_tflm/include", f"-I{ROOT}/lib/nn/include")
FLAGS = (
    "-O1",
    "-g",
    "-fno-rtti",
    "-fno-exceptions",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover",
    "-DNN_RUN_BY_ENGINE",
)


def toy(name: str, folder: Path, stream: Stream | None = None, magic: int = 0x70) -> None:
    """x -> x + 1 -> 2 x -> x + 1 in a subgraph, of four values; a wrong `magic` is a model that does not start."""
    kinds = {"ADD": ADD, "SUB": SUB, "CALL_ONCE": CALL_ONCE}
    tensors = [Tensor(i, "int8", (1, 4), 0.5, -3) for i in range(4)]
    model = Outline(
        kinds=tuple(kinds),
        nodes=[Node(kind, (i,), (i + 1,)) for i, kind in enumerate(kinds)],
        tensors=tensors,
        input=tensors[0],
        output=tensors[3],
        variables=0,
        all_tensors=4,
        all_nodes=3,
    )
    who = Written(name, "0" * 16, "", ["a", "b", "c", "d"], "", model, Arena(64, 64, 0, 16), 0, stream)
    (folder / f"{name}_model.h").write_text(source.header(who))
    (folder / f"{name}_model.cc").write_text(source.source(who))
    (folder / f"{name}_model_data.h").write_text(source.data_header(name))
    (folder / f"{name}_model_data.cc").write_text(source.data(name, bytes([magic, 4, 3, *kinds.values()])))


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> list[str]:
    folder = tmp_path_factory.mktemp("toys")
    toy("toy", folder)
    toy("rolling", folder, Stream(hop=2, rows=4, check=0))
    toy("broken", folder, magic=1)
    (folder / "engine.cc").write_text((ROOT / "lib/engine_tflm/src/engine.cpp").read_text())
    sources = [*folder.glob("*.cc"), *(HERE / "double").glob("*.cc")]
    objects = []
    for name in ("model", "stream"):
        objects.append(folder / f"{name}.o")
        nn = ("gcc", *INCLUDES, "-DNN_RUN_BY_ENGINE", "-c", str(ROOT / f"lib/nn/src/{name}.c"), "-o", str(objects[-1]))
        subprocess.run(nn, check=True)
    command = (
        "g++",
        "-std=c++17",
        *FLAGS,
        *INCLUDES,
        f"-I{folder}",
        *map(str, [*sources, *objects]),
        "-o",
        str(folder / "run"),
    )
    subprocess.run(command, check=True)
    return subprocess.run([folder / "run"], check=True, capture_output=True, text=True).stdout.splitlines()


def test_a_run_invokes_all_operators_once(said):
    assert said[0] == "run 5 7 9 11"


def test_a_step_runs_one_operator_and_shows_its_output(said):
    assert said[1:5] == ["0_add 2 3 4 5", "1_sub 4 6 8 10", "2_call_once 5 7 9 11", "stepped 5 7 9 11"]


def test_a_window_moves_by_its_newest_rows_and_is_full_of_zero_points_at_the_start(said):
    rows = {-3: -3, 1: 5, 2: 7, 3: 9, 4: 11, 5: 13, 6: 15}  # 2 (x + 1) + 1
    assert said[5] == f"filling {rows[-3]} {rows[-3]} {rows[1]} {rows[2]}"
    assert said[6] == f"full {rows[1]} {rows[2]} {rows[3]} {rows[4]}"
    assert said[7] == f"full {rows[3]} {rows[4]} {rows[5]} {rows[6]}"
    assert said[8].split()[1:3] == ["-3", "-3"]  # the window is empty again, whatever the newest rows are


def test_a_model_that_does_not_start_has_no_input_and_no_layers(said):
    assert said[9] == "broken 0 0"
