"""What a converted network costs: bytes, cycles, and on each board time and energy.

Cycles are predicted (ml/compiler/predict), time is those at the board's clock, energy that of its data sheet's current:
estimates all three. Bytes are exact.
"""

from ml.compiler.operators import Options
from ml.compiler.predict import predict
from ml.pipeline.contract import App
from ml.profile.measure import clock, clocks
from ml.profile.supply import supply


def costs(tflite: bytes, app: App) -> dict:
    """JSON-able: flash and RAM in bytes, cycles of an inference (of a step, in streaming form), and `boards`: name ->
    milliseconds, and microjoules where its current is documented."""
    found = predict(tflite, Options(app.optimise), name=app.name, stream=app.stream_form)
    cycles = round(found.cycles)
    return {"flash": found.flash, "ram": found.ram, "macs": found.macs, "cycles": cycles, "boards": boards(cycles)}


def boards(cycles: int) -> dict[str, dict]:
    """Of so many cycles on every board with a Cortex-M4."""
    made = {}
    for board in clocks():
        seconds, known = cycles / clock(board), supply(board)
        energy = round(known.energy_j(seconds) * 1e6, 3) if known else None
        made[board] = {"ms": round(seconds * 1e3, 4), "uj": energy}
    return made
