"""What a board says beside samples, as a page shows it: scores, events, telemetry, the health of its sensor."""

from dataclasses import asdict

from ml.capture.thimble import Thimble
from ml.link.messages import Event, Health, Info, Telemetry
from ml.link.session import Arrival, Data


def told(arrival: Arrival, source: Thimble) -> dict | None:
    """JSON-able; None for what a page shows elsewhere."""
    message, at = arrival.message, {"time_us": arrival.time_us}
    if isinstance(message, Data) and message.stream.name == "scores":
        labels = [channel.name for channel in message.stream.channels]
        return at | {"what": "scores", "labels": labels, "scores": message.samples.tolist()}
    if isinstance(message, Event):
        labels = source.labels
        named = labels[message.class_id] if message.class_id < len(labels) else f"class {message.class_id}"
        return at | {"what": "event", "label": named} | asdict(message)
    if isinstance(message, Telemetry):
        said = asdict(message)
        said["gate_duty"] = message.gate.duty if message.gate else None
        return at | {"what": "telemetry", "duty": message.duty} | said
    if isinstance(message, Health):
        return at | {"what": "health"} | asdict(message)
    if isinstance(message, Info):
        model = asdict(message.model) if message.model else None
        said = {"labels": list(message.labels), "model": model, "cycles_hz": message.cycles_hz}
        return at | {"what": "info", "app": message.app, "stack": message.stack, "reset": message.reset} | said
    return None
