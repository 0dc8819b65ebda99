"""`ml convert`: each framework's model becomes a .tflite whose answers are its own, and which compiles. Frameworks that
are optional are tested where they are installed (pip install '.[import]' '.[import-torch]')."""

import importlib.util
import json

import numpy as np
import pytest

from ml.compiler import tflm
from ml.compiler.compile import compile_model
from ml.compiler.proof import TFLM
from ml.convert.command import _examples
from ml.convert.judge import judge
from ml.convert.original import refused
from ml.convert.tensorflow_models import keras_model
from ml.errors import UserError
from ml.train.keras import keras_module, quiet, tensorflow
from tests import command

SHAPE = (12, 12, 3)
OPTIONAL = {
    "import": ("onnx2tf", "onnxruntime", "onnx"),
    "import-torch": ("torch", "litert_torch"),
    "quantizer": ("litert_quantizer",),
}


def needs(*kinds: str):
    missing = [name for kind in kinds for name in OPTIONAL[kind] if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed, as it is optional: {', '.join(missing)}")


@pytest.fixture(scope="module")
def network():
    keras = keras_module()
    keras.utils.set_random_seed(1)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, activation="softmax"),
        ]
    )


@pytest.fixture(scope="module")
def examples() -> np.ndarray:
    return np.random.default_rng(2).standard_normal((40, *SHAPE)).astype(np.float32)


def first(rows: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(rows, -1, 1))


def convert(ml, tmp_path, model, rows: np.ndarray, *more) -> tuple[dict, bytes]:
    np.savez(tmp_path / "examples.npz", x=rows)
    out = tmp_path / "made.tflite"
    told = json.loads(
        ml("convert", model, "--examples", tmp_path / "examples.npz", "--out", out, "--json", *more).stdout
    )
    return told, out.read_bytes()


def holds(told: dict, tflite: bytes, tmp_path, least_db: float = 25) -> None:
    """It answers as the original, and every layer of the compiled model is TFLM's."""
    assert told["refused"] is None
    assert told["examples"] == 20  # the other half set the ranges
    assert told["sqnr_db"] > least_db
    made = compile_model(tflite, "made", tmp_path / "header")
    assert made.proof.against == TFLM or not tflm.available()


def test_a_keras_model_answers_as_its_integers_do(ml, tmp_path, network, examples):
    network.save(tmp_path / "net.keras")
    told, tflite = convert(ml, tmp_path, tmp_path / "net.keras", examples)
    holds(told, tflite, tmp_path)
    assert told["framework"] == "Keras"


def test_a_saved_model_with_activations_of_16_bits(ml, tmp_path, network, examples):
    network.export(tmp_path / "saved", verbose=False)
    told, tflite = convert(ml, tmp_path, tmp_path / "saved", examples, "--bits", 16)
    holds(told, tflite, tmp_path)


def test_an_operator_that_cannot_be_converted_is_named(ml, tmp_path):
    tf = tensorflow()

    class Net(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.float32)])
        def __call__(self, x):
            return tf.math.erfinv(x)

    with quiet():
        net = Net()
        tf.saved_model.save(net, str(tmp_path / "saved"), signatures=net.__call__.get_concrete_function())
    np.save(tmp_path / "x.npy", np.ones((4, 4), np.float32))
    out = tmp_path / "never.tflite"
    done = ml("convert", tmp_path / "saved", "--examples", tmp_path / "x.npy", "--out", out, status=1)
    assert "operators that it cannot convert: Erfinv" in done.stderr
    assert len(done.stderr.strip().splitlines()[-1]) < 300
    assert not out.exists()


def test_examples_of_another_shape_are_refused(tmp_path, network, examples):
    network.save(tmp_path / "net.keras")
    with pytest.raises(UserError, match=r"\(None, 12, 12, 3\), found \(40, 3, 12, 12\)"):
        keras_model(tmp_path / "net.keras").answers(first(examples))


@needs("quantizer")
@pytest.mark.parametrize("bits", [8, 16])
def test_a_model_of_another_quantiser_compiles_and_equals_tflm(ml, tmp_path, network, examples, bits):
    tf = tensorflow()
    with quiet():
        floats = tf.lite.TFLiteConverter.from_keras_model(network).convert()
    (tmp_path / "floats.tflite").write_bytes(floats)
    told, tflite = convert(ml, tmp_path, tmp_path / "floats.tflite", examples, "--bits", bits)
    holds(told, tflite, tmp_path, least_db=15)  # its ranges are moving averages, and cut what is rare


# In a process of its own: PyTorch behind TensorFlow in one process crashes.
TORCH = """
import sys, torch
torch.manual_seed(1)
head = (torch.nn.Conv2d(3, 8, 3, stride=2), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten())
network = torch.nn.Sequential(*head, torch.nn.Linear(8, 5), torch.nn.Softmax(1)).eval()
given = (torch.zeros((1, 3, 12, 12)),)
path = sys.argv[1]
if path.endswith(".pt2"):
    torch.export.save(torch.export.export(network, given), path)
elif path.endswith(".pt"):
    torch.jit.trace(network, given).save(path)
else:
    torch.onnx.export(torch.jit.trace(network, given), given, path, dynamo=False)
"""


@needs("import-torch", "quantizer")
def test_an_exported_program_answers_as_its_integers_do(ml, tmp_path, examples):
    command.run("-c", TORCH, tmp_path / "net.pt2")
    told, tflite = convert(ml, tmp_path, tmp_path / "net.pt2", first(examples))
    holds(told, tflite, tmp_path, least_db=15)
    assert told["channels_last"]


@needs("import", "import-torch")
@pytest.mark.parametrize("name", ["net.pt", "net.onnx"])
def test_torch_script_and_onnx_answer_as_their_integers_do(ml, tmp_path, examples, name):
    command.run("-c", TORCH, tmp_path / name)
    told, tflite = convert(ml, tmp_path, tmp_path / name, first(examples))
    holds(told, tflite, tmp_path)


@pytest.mark.parametrize(("name", "package"), [("net.onnx", "onnx2tf"), ("net.pt2", "torch"), ("net.pt", "torch")])
def test_a_missing_package_is_named_with_its_command(ml, tmp_path, name, package):
    if importlib.util.find_spec(package):
        pytest.skip(f"{package} is installed")
    (tmp_path / name).write_bytes(b"anything")
    np.save(tmp_path / "x.npy", np.zeros((2, 2), np.float32))
    done = ml("convert", tmp_path / name, "--examples", tmp_path / "x.npy", status=1)
    assert f"expected the package {package}" in done.stderr
    assert "pip install '.[import" in done.stderr


@pytest.mark.parametrize("name", ["net.keras", "net.h5"])
def test_a_damaged_keras_file_is_refused_in_a_line(tmp_path, name):
    (tmp_path / name).write_bytes(bytes(range(256)))
    with pytest.raises(UserError, match=f"^{name}: expected a model that the converter of Keras takes, found .+"):
        keras_model(tmp_path / name)


def test_a_file_that_is_none_is_refused_and_nothing_written(ml, tmp_path):
    (tmp_path / "net.tflite").write_bytes(bytes(range(256)))
    np.save(tmp_path / "x.npy", np.zeros((2, 2), np.float32))
    out = tmp_path / "out.tflite"
    done = ml("convert", tmp_path / "net.tflite", "--examples", tmp_path / "x.npy", "--out", out, status=1)
    assert "python -m ml: net.tflite: expected a .tflite model, found no identifier TFL3" in done.stderr
    assert not out.exists()


def test_other_suffixes_and_folders_are_refused(ml, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((2, 2), np.float32))
    (tmp_path / "net.bin").touch()
    assert "found a .bin" in ml("convert", tmp_path / "net.bin", "--examples", tmp_path / "x.npy", status=1).stderr
    assert "without saved_model.pb" in ml("convert", tmp_path, "--examples", tmp_path / "x.npy", status=1).stderr


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (np.array([[1.0, np.nan]]), "expected finite numbers, found 1 others"),
        (np.zeros(3), "an example a row"),
        (np.zeros((0, 3)), "an example a row"),
        (np.array([["a"]]), "of numbers"),
        (np.array([{"a": 1}], dtype=object), "of numbers"),
    ],
)
def test_examples_that_are_none_are_refused(tmp_path, rows, reason):
    np.save(tmp_path / "x.npy", rows, allow_pickle=True)
    with pytest.raises(UserError, match=reason):
        _examples(tmp_path / "x.npy")


def test_judging_counts_classes_and_noise():
    expected = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]], np.float32)
    found = np.array([[0.8, 0.2], [0.3, 0.7], [0.4, 0.6]], np.float32)
    judged = judge(expected, found)
    assert (judged.same, judged.examples) == (2, 3)
    noise = 2 * 0.01 + 2 * 0.01 + 2 * 0.04
    assert judged.sqnr_db == pytest.approx(10 * np.log10(np.square(expected).sum() / noise), abs=1e-3)
    assert judged.largest == pytest.approx(0.2)
    assert judge(expected, expected).sqnr_db == np.inf


def test_channels_that_a_converter_has_put_last_are_the_same_answer():
    expected = np.random.default_rng(0).standard_normal((2, 3, 4, 4)).astype(np.float32)
    assert judge(expected, np.moveaxis(expected, 1, -1)).sqnr_db == np.inf


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("...\nFlex ops: FlexErf, FlexSvd\nDetails:", "FlexErf, FlexSvd"),
        ("error: 'tf.Lgamma' op is neither a custom op nor a flex op", "Lgamma"),
        ("ERROR: Det OP is not yet implemented.", "Det"),
        ("Lowering not found: aten.svd.default", "aten.svd.default"),
    ],
)
def test_operators_are_found_in_what_converters_say(text, names):
    assert str(refused("net", "a framework", RuntimeError(text))).endswith(f"cannot convert: {names}")
