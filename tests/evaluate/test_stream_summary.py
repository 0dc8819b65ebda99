"""What a board counted is said aloud, and lost samples are an error."""

import dataclasses

import pytest

from ml.errors import UserError
from ml.evaluate.limits import Limits
from ml.evaluate.streams import Tally
from ml.link.messages import Cycles, Gate, Telemetry
from ml.native.decide import DecideConfig
from ml.trial.on_board import Played
from ml.trial.stream_summary import board_lines, check_samples, counters, summary

FINE = Telemetry(
    *(0, 100, 3, 0, 0, 0, 5, 0, 900),
    *(Cycles(1, 1, 1), Cycles(2, 1, 7), Cycles(1, 1, 1)),
    saturated=(0, 4),
    scores=(0, 255),
    asleep=80,
    gate=Gate(open=False, steps=200, steps_open=50, openings=4),
)


def result(*played: Played) -> dict:
    tallies = [("ann", Tally(4, 3, 1, 2.0, (0.5,) * 3, (1.5,) * 3)), ("ann", Tally(1, 1, 0, 1.0, (0.1,), (0.2,)))]
    return summary("an_app", "virtual", Limits(0.5, 1.5), tallies, DecideConfig((9, 9)), {}, list(played) or None)


def test_streams_of_a_subject_are_added():
    made = result()
    assert made["subjects"]["ann"] == made["all"]
    assert (made["all"]["movements"], made["all"]["false_per_hour"], made["board"]) == (5, 0.33, None)
    assert made["all"]["detection_interval"][0] < 0.8 < made["all"]["detection_interval"][1]


def test_counters_of_all_streams_are_added():
    made = counters([Played([], FINE, 0), Played([], dataclasses.replace(FINE, missed=2), 1)])
    assert (made["windows"], made["asleep"], made["missed_deadlines"], made["lost_samples"]) == (200, 160, 2, 1)
    assert (made["gate_duty"], made["gate_openings"], made["saturated"]) == (0.25, 8, [0, 8])
    assert made["most_cycles"]["inference"] == 7


def test_a_board_that_kept_up_is_said_to():
    told = result(Played([], FINE, 0))
    lines = board_lines(told["board"])
    assert "gate open 25.0% of the time" in lines[0]
    assert not any(line.startswith("warning") for line in lines)
    check_samples(told)


@pytest.mark.parametrize(
    ("statistics", "lost", "said"),
    [
        (dataclasses.replace(FINE, missed=3), 0, "3 missed deadlines"),
        (dataclasses.replace(FINE, dropped=2), 0, "2 frames dropped"),
        (dataclasses.replace(FINE, overruns=7), 0, "7 samples lost"),
        (FINE, 9, "9 samples lost"),
    ],
)
def test_whatever_went_wrong_is_a_warning_and_lost_samples_are_an_error(statistics, lost, said):
    told = result(Played([], statistics, lost))
    (warning,) = (line for line in board_lines(told["board"]) if line.startswith("warning"))
    assert said in warning
    if "lost" in said:
        with pytest.raises(UserError, match=f"found {said[0]} lost"):
            check_samples(told)
    else:
        check_samples(told)
