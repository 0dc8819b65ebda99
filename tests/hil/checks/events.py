"""A stream makes on a board the events that Python finds in it."""

from ml.link.device import Device
from ml.link.sensor_bus import Player
from ml.trial.on_board import Played, inject, play
from tests.hil.truths import Truth


def same_events_over_the_link(device: Device, truth: Truth) -> None:
    """Injected in place of the sensor's samples: on any board."""
    _as_in_python(inject(truth.scored, device), truth)


def same_events_through_the_sensor(device: Device, player: Player, truth: Truth) -> None:
    """Played into the sensor of a virtual board; and in time."""
    played = play(truth.scored, device, player)
    _as_in_python(played, truth, more_windows=True)
    counted = played.statistics
    late = (counted.missed, counted.overruns, counted.dropped, played.lost_samples)
    assert late == (0, 0, 0, 0), f"expected nothing late, found missed, overruns, dropped, lost samples {late}"


def _as_in_python(played: Played, truth: Truth, more_windows: bool = False) -> None:
    """`more_windows`: the sensor ran on when the stream was over."""
    expected, counted = truth.detections(), played.statistics
    assert expected, "a stream without events proves nothing"
    assert played.detections == expected
    windows = len(truth.scored.sample)
    assert counted.windows >= windows if more_windows else counted.windows == windows, f"found {counted.windows}"
    awake = windows if truth.scored.awake is None else int(truth.scored.awake.sum())
    ran = counted.windows - counted.asleep
    assert ran >= awake if more_windows else ran == awake, f"the network ran in {ran} windows in place of {awake}"
