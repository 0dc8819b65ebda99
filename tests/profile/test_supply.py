"""Currents of boards/*.ini: as their data sheets give them, cited, or not at all."""

import pytest

from ml.errors import UserError
from ml.profile import boards as module
from ml.profile.supply import boards, supply

INI = """[board:one]
custom_supply_v = 3.0  ; volts
custom_active_ma = 6.3
custom_sleep_ua = 418
custom_low_power_sleep_ua = 3
custom_supply_source = Data sheet,
    table 7
[board:two]
extends = board:one
custom_active_ma = {active}
[board:bare]
custom_clock_hz = 1
"""


@pytest.fixture
def house(tmp_path, monkeypatch):
    def write(active: str = "10"):
        (tmp_path / "boards").mkdir(exist_ok=True)
        (tmp_path / "boards" / "one.ini").write_text(INI.format(active=active))
        monkeypatch.setattr(module, "ROOT", tmp_path)

    return write


def test_figures_are_in_amperes_with_their_source(house):
    house()
    found = supply("one")
    assert (found.supply_v, found.active_a, found.sleep_a) == pytest.approx((3.0, 6.3e-3, 418e-6))
    assert found.source == "Data sheet, table 7"
    assert found.energy_j(0.1) == pytest.approx(3.0 * 6.3e-3 * 0.1)


def test_low_power_has_a_sleep_current_of_its_own(house):
    house()
    assert supply("one", low_power=True).sleep_a == pytest.approx(3e-6)


def test_a_board_takes_over_what_it_extends(house):
    house()
    assert supply("two").active_a == pytest.approx(10e-3)
    assert supply("two").supply_v == 3.0


def test_a_board_without_documented_currents_has_none(house):
    house()
    assert supply("bare") is None


@pytest.mark.parametrize("value", ["0", "-1", "nan", "many"])
def test_a_figure_that_is_none_is_refused_by_name(house, value):
    house(value)
    with pytest.raises(UserError, match="custom_active_ma above 0"):
        supply("two")


def test_an_unknown_board_is_said():
    with pytest.raises(UserError, match="nano33ble"):
        supply("nano34")


@pytest.mark.parametrize("board", boards())
def test_every_figure_of_the_repository_is_cited(board):
    found = supply(board)
    assert 1.7 < found.supply_v < 3.7
    assert 1e-3 < found.active_a < 0.2
    for sleep in (found.sleep_a, supply(board, low_power=True).sleep_a):
        assert sleep is None or sleep < found.active_a
    assert any(word in found.source for word in ("page", "table", "5.2.1")), found.source


def test_boards_without_a_figure_at_their_clock_are_not_guessed():
    assert supply("nanorp2040connect") is None
    assert supply("virtual") is None
    assert supply("disco_l475vg_iot01a").sleep_a is None
