"""A threshold that is set at run time counts from the next window on, and until the board restarts."""

from dataclasses import replace

import numpy as np

from ml.evaluate.streams import Detection, detect
from ml.link.device import Device
from ml.link.messages import ALL, Command, Event
from ml.native.decide import NEVER
from ml.trial.on_board import inject
from tests.hil.checks.waiting import forget_what_came, restarted
from tests.hil.truths import Truth

EAGER = 1


def thresholds_decide(device: Device, truth: Truth) -> None:
    """With the lowest there are the events that Python finds with them, with the highest none."""
    for threshold in (EAGER, NEVER):
        device.set_threshold(ALL, threshold)
        assert device.thresholds() == list(truth.with_thresholds(threshold).threshold)
        found = inject(truth.scored, device).detections
        expected = truth.detections(truth.with_thresholds(threshold))
        assert found == expected, f"threshold {threshold}: expected {len(expected)} events, found {len(found)}"
        assert bool(found) == (threshold == EAGER)
    _back(device, truth)


def thresholds_take_effect_at_once(device: Device, truth: Truth) -> None:
    """In the middle of a stream, a little before its last event."""
    last = truth.detections(truth.with_thresholds(EAGER))[-1].sample
    at_once = (device.info.max_payload - 1) // truth.stream.samples[0].nbytes  # samples in an INJECT
    changed = last // at_once * at_once
    device.set_threshold(ALL, NEVER)
    forget_what_came(device)
    for used in device.injecting(truth.stream.samples, truth.stream.rate_mhz):
        if used == changed:
            device.set_threshold(ALL, EAGER)
    device.end_injection()
    found = [_detection(a.message, truth) for a in device.arrivals(0) if isinstance(a.message, Event)]
    assert found == _eager_from(truth, changed), f"thresholds changed at sample {changed}; found {found}"
    _back(device, truth)


def _eager_from(truth: Truth, sample: int) -> list[Detection]:
    """What is detected when nothing could be before: the decision has seen the windows that it smooths over."""
    config, scored = truth.with_thresholds(EAGER), truth.scored
    first = max(0, int(np.searchsorted(scored.sample, sample)) - (config.smoothing - 1))
    awake = None if scored.awake is None else scored.awake[first:]
    rest = replace(scored, scores=scored.scores[first:], sample=scored.sample[first:], awake=awake)
    found = detect(rest, list(truth.labels), config)
    assert found
    return found


def thresholds_are_gone_after_a_reset(board, device: Device, truth: Truth) -> None:
    """Closes the device."""
    shipped = list(truth.shipped.config.threshold)
    assert device.thresholds() == shipped
    for class_id, threshold in enumerate(shipped):
        device.set_threshold(class_id, threshold ^ 0x55)
    assert device.thresholds() == [threshold ^ 0x55 for threshold in shipped]
    with restarted(board, device) as again:
        assert again.thresholds() == shipped, f"expected {shipped}, found {again.thresholds()}"


def _detection(event: Event, truth: Truth) -> Detection:
    return Detection(truth.labels[event.class_id], int(truth.scored.sample[event.window]), event.score)


def _back(device: Device, truth: Truth) -> None:
    for class_id, threshold in enumerate(truth.shipped.config.threshold):
        device.set_threshold(class_id, threshold)
    device.command(Command.RESET_STATS)
