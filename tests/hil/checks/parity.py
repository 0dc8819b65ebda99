"""The front end and every layer give on a board the bytes that the same C gives on this computer."""

from ml.compiler.host import HostModel
from ml.evaluate.parity import FRONT_END, Case, Mismatch, OnDevice, difference, layers
from ml.link.device import Device
from tests.hil.truths import Truth


def computes_as_the_host(device: Device, truth: Truth) -> None:
    """In windows of the stream, injected."""
    board, model = OnDevice(device, lambda case: 1), truth.shipped.model
    found = [_first_difference(board, model, case) for case in truth.cases()]
    device.end_injection()
    assert not any(found), "; ".join(str(one) for one in found if one)


def _first_difference(board: OnDevice, model: HostModel, case: Case) -> Mismatch | None:
    step = model.all_but_last(case.input) if model.stream else case.input
    made = board.front_end(case, step.tobytes())
    if made != step.tobytes():
        return difference(case.name, FRONT_END, "", step.shape, step.tobytes(), made)
    for layer, expected in zip(layers(model), model.layers(step), strict=True):
        made = board.layer(layer, expected.data)
        if made != expected.data:
            return difference(case.name, f"layer {layer.number} {layer.name}", "", (layer.size,), expected.data, made)
    return None
