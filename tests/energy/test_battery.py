"""Battery life: from sleep current, an inference's charge, and how often it runs, with what shortens it."""

import numpy as np
import pytest

from tools.energy import cells
from tools.energy.show import Use, rows
from tools.energy.windows import Inference, Summary

SLEEP_A, CHARGE_C, LENGTH_S = 10e-6, 40e-6, 0.01
ONE = Inference(100, 0, LENGTH_S, 3.0 * (CHARGE_C + SLEEP_A * LENGTH_S), 1e-6, CHARGE_C)
MEASURED = Summary(10.0, 1000, 5, 3.0, 1e-3, 8e-3, SLEEP_A, ONE)


def told(use: Use, summary: Summary = MEASURED) -> dict[str, str]:
    return dict(rows(summary, use))


def days(average_a: float) -> str:
    return f"{0.235 / average_a / 24:.1f} days at most"


@pytest.mark.parametrize(
    ("use", "average_a"),
    [
        (Use(cells.find("CR2032")), 1e-3),
        (Use(cells.find("CR2032"), every_s=2.0), SLEEP_A + CHARGE_C / 2),
        (Use(cells.find("CR2032"), duty=0.02), SLEEP_A + 0.02 * CHARGE_C / LENGTH_S),
    ],
    ids=["as measured", "every two seconds", "a duty cycle"],
)
def test_life_is_the_cells_capacity_over_the_average_current(use, average_a):
    assert days(average_a) in told(use)["life on a CR2032"]


def test_a_duty_cycle_without_the_length_of_an_inference_is_not_made_up():
    counted = Summary(**vars(MEASURED) | {"inference": Inference(100, 0, np.nan, 1e-4, np.nan, CHARGE_C)})
    use = Use(cells.find("CR2032"), duty=0.02)
    assert days(1e-3) in told(use, counted)["life on a CR2032"]
    assert "average, as measured" in told(use, counted)


def test_what_shortens_it_is_said():
    caveats = told(Use(cells.find("CR2032")))["which holds"]
    assert "down to 2 V" in caveats
    assert "room temperature" in caveats
    assert "6.8 mA" in caveats  # the largest was 8 mA
    assert "unknown voltage" in told(Use(cells.find("400mAh@3.7V")))["which holds"]


def test_the_loss_of_samples_is_always_stated():
    assert told(Use(None))["lost"] == "5 samples (0.50%)"
