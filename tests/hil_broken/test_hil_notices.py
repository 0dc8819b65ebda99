"""Every check on boards (tests/hil) fails on a board that breaks what it checks: firmware with a saboteur in it."""

import pytest

from ml.link.frames import Frame
from ml.link.messages import Provoke, Type
from tests.hil.checks import (
    boot,
    brownout,
    events,
    frames,
    health,
    memory,
    parity,
    recovery,
    sensors,
    soak,
    thresholds,
    timing,
    waiting,
)
from tests.hil.truths import truth_of
from tests.hil_broken.meddler import changes, drops, meddling, says
from tests.hil_broken.noticing import broken, noticed
from tests.hil_broken.saboteur import Sabotage
from tests.hil_broken.wrong_weight import wrong_weight

pytestmark = pytest.mark.xdist_group("sabotaged boards")


class Powered:
    """A board of which the rig believes that it cuts its power, and does not."""

    def __init__(self, board) -> None:
        self.board = board

    def __getattr__(self, name: str):
        return getattr(self.board, name)

    def power_cycle(self) -> None:
        """It does nothing."""


def test_without_sabotage_the_same_firmware_passes(board, device, truth):
    boot.is_what_was_built(device, truth)
    events.same_events_over_the_link(device, truth)
    parity.computes_as_the_host(device, truth)
    thresholds.thresholds_take_effect_at_once(device, truth)
    frames.hostile_frames_do_no_harm(device)
    memory.stays_within_its_memory(device, truth)
    timing.rows_agree_with_telemetry(device, truth)


@pytest.fixture
def patience(impatient, monkeypatch) -> None:
    """With a board that does come back."""
    monkeypatch.setattr(waiting, "PATIENCE_S", 60.0)


# Start.


def test_a_dead_line(device):
    with meddling(device, drops(lambda frame: True)), noticed("found none"):
        boot.checks_itself(device)


@pytest.mark.parametrize("values", [{"app": "another"}, {"model": {}}], ids=["application", "no model"])
def test_other_firmware(device, truth, values):
    with meddling(device, says(Type.INFO, **values)):
        device.session.info = None
        device._meet(2.0)
        with noticed("assert"):
            boot.is_what_was_built(device, truth)


@broken(Sabotage.STARTS_LATE)
def test_a_late_start(board, device, patience):
    with noticed("expected session info"):
        boot.introduces_itself_in_time(board, device)


@broken(Sabotage.WAITS_TO_BE_ASKED)
def test_no_session_info_unless_asked_for(device):
    with noticed("expected Info within"):
        boot.introduces_itself_by_itself(device)


def test_an_uptime_that_stands_still(device):
    with meddling(device, says(Type.INFO, uptime_us=7)), noticed("expected session info once a second"):
        boot.introduces_itself_by_itself(device)


@broken(Sabotage.NEVER_RESETS)
def test_no_reset(board, device):
    with noticed("expected a restart"):
        boot.comes_back_from_a_reset(board, device)


@broken(Sabotage.FORGETS_WHY_IT_STARTED)
def test_no_cause_of_the_reset(board, device):
    with noticed("expected the cause of the reset to be software, found 'unknown'"):
        boot.comes_back_from_a_reset(board, device)


@pytest.mark.parametrize("check", [boot.comes_back_from_a_power_cut, brownout.starts_again_after_a_cut_in_a_frame])
def test_power_that_was_never_cut(check, board, device):
    with noticed("expected a restart"):
        check(Powered(board), device)


def test_power_that_was_never_cut_during_an_injection(board, device, truth):
    with noticed("expected a restart"):
        brownout.starts_again_after_a_cut_in_an_injection(Powered(board), device, truth)


# The store, of an application that learns.


@pytest.fixture
def learning(vibrations, sabotage):
    return vibrations.started(sabotage)


class Torn(Powered):
    """The power fails by itself, while the store is written."""


@broken(Sabotage.STORE_IS_TORN)
def test_a_torn_store_does_no_harm(vibrations, learning, patience):
    brownout.keeps_the_old_or_the_new(Torn(vibrations.board), learning, truth_of("vibration_anomaly"))


@broken(Sabotage.TORN_STORE_IS_TRUSTED)
def test_a_torn_store_that_is_trusted(vibrations, learning, patience):
    with noticed("a baseline that nobody taught it"):
        brownout.keeps_the_old_or_the_new(Torn(vibrations.board), learning, truth_of("vibration_anomaly"))


# Sensors.


@broken(Sabotage.IS_DEAF)
def test_a_deaf_sensor(device):
    with noticed("expected 2 s of imu, found 0 frames"):
        sensors.rows(device)


@broken(Sabotage.SENSES_NOTHING)
def test_a_sensor_without_gravity(device):
    with noticed("found \\[\\[0, 0, 0"):
        sensors.shows_what_there_is(device, sensors.rows(device, 0.5))


@broken(Sabotage.SENSES_HALF)
def test_a_sensor_at_half_its_rate(device):
    with noticed("expected 33.3 rows a second, found 1"):
        sensors.keeps_its_rate(device, sensors.rows(device, 1.0))


@broken(Sabotage.SENSES_HALF)
def test_a_sensor_whose_rate_the_board_itself_finds_wrong(device):
    sensors.rows(device, 2.0)
    with noticed("found it rate"):
        health.is_well(device)


@broken(Sabotage.SENSES_THE_SAME)
def test_a_frozen_sensor(device):
    with noticed("the same twice: it is stuck"):
        sensors.shows_what_there_is(device, sensors.rows(device, 2.0))
    with noticed("found it stuck"):
        health.is_well(device)


@broken(Sabotage.LOSES_SAMPLES)
def test_a_sensor_that_loses_samples(device):
    with noticed("expected nothing lost"):
        sensors.loses_nothing(device, sensors.rows(device, 0.5))


@broken(Sabotage.SENSES_WRONGLY)
def test_a_wrong_bit_now_and_then(board, device, truth):
    with board.player() as player, noticed("not what the sensor gave"):
        sensors.hears_what_is_played(device, player, truth)


# Front end, layers, events, memory.


@broken(Sabotage.FRONT_END_IS_WRONG)
def test_a_wrong_bit_in_the_front_end(device, truth):
    with noticed("front end is the first that differs: at \\[1, 1\\]"):
        parity.computes_as_the_host(device, truth)


def test_a_wrong_weight(gestures):
    """The self-check at the start finds it; a board without a model that passes has none, and says so."""
    with noticed("expected the model .* found none"), wrong_weight(gestures.board):
        pass


@broken(Sabotage.EVENTS_ARE_LOST)
def test_lost_events(device, truth):
    with noticed("assert"):
        events.same_events_over_the_link(device, truth)


@broken(Sabotage.SCORES_ARE_WRONG)
def test_wrong_scores(board, device, truth):
    with board.player() as player, noticed("assert"):
        events.same_events_through_the_sensor(device, player, truth)


@broken(Sabotage.STACK_IS_NEARLY_FULL)
def test_a_stack_that_is_nearly_full(device, truth):
    with noticed("bytes of stack left"):
        memory.stays_within_its_memory(device, truth)


@broken(Sabotage.ARENA_IS_TOO_SMALL)
def test_a_layer_that_writes_beyond_the_arena(device, truth):
    size = device.info.model.arena
    with noticed(f"nothing beyond the {size} bytes of the arena, found byte {size + 4}"):
        memory.stays_within_its_memory(device, truth)


@pytest.mark.parametrize(("name", "match"), [("stack", "how deep its stack was"), ("arena", "found a mark at 0")])
def test_a_mark_that_is_dead(device, truth, name, match):
    with meddling(device, says(Type.TELEMETRY, **{name: 0})), noticed(match):
        memory.stays_within_its_memory(device, truth)


# Thresholds.


@broken(Sabotage.THRESHOLDS_ARE_IGNORED)
def test_ignored_thresholds(device, truth):
    with noticed("assert"):
        thresholds.thresholds_decide(device, truth)


@broken(Sabotage.THRESHOLDS_COME_LATE)
def test_thresholds_that_take_effect_later(device, truth):
    with noticed("thresholds changed at sample"):
        thresholds.thresholds_take_effect_at_once(device, truth)


@broken(Sabotage.THRESHOLDS_STAY)
def test_thresholds_that_outlive_a_reset(board, device, truth):
    with noticed("assert"):
        thresholds.thresholds_are_gone_after_a_reset(board, device, truth)


# Frames.


@broken(Sabotage.HANGS_ON_DAMAGE)
def test_a_hang_at_a_hostile_frame(device):
    with noticed("expected"):
        frames.hostile_frames_do_no_harm(device, rounds=3)


@broken(Sabotage.RESTARTS_ON_DAMAGE)
def test_a_restart_at_a_hostile_frame(device, truth):
    with noticed("expected"):
        frames.hostile_frames_during_injection_do_no_harm(device, truth)


@broken(Sabotage.DOES_NOT_COUNT_DAMAGE)
def test_damage_that_is_not_counted(device):
    with noticed("frames and errors counted"):
        frames.hostile_frames_do_no_harm(device, rounds=5)


# Recovery.


@broken(Sabotage.HAS_NO_WATCHDOG)
def test_no_watchdog(board, device):
    with noticed("expected the board back"):
        recovery.recovers_from(Provoke.HANG, board, device)


@broken(Sabotage.FORGETS_WHY_IT_STARTED)
@pytest.mark.parametrize("kind", list(Provoke), ids=lambda kind: kind.name.lower())
def test_a_recovery_without_its_cause(kind, board, device, patience):
    with noticed(f"{kind.name}: expected the reset to be told as"):
        recovery.recovers_from(kind, board, device)


@broken(Sabotage.COMPUTES_WRONGLY)
def test_a_board_that_comes_back_and_does_not_work(board, device, patience):
    with noticed("self test: expected CRC-32"):
        recovery.recovers_from(Provoke.FAULT, board, device)


# Timing.


def is_row(frame: Frame) -> bool:
    return frame.type == Type.DATA and len(frame.payload) == 28


@pytest.mark.parametrize(
    ("meddle", "match"),
    [
        (lambda: drops(is_row), "expected rows of `timing`"),
        (lambda: drops(is_row, every=50), "assert not"),
        (lambda: changes(is_row, byte=4), "rows say that the network ran|inference"),
        (lambda: changes(is_row, byte=8), "frontend: expected last, least, most"),
        (lambda: changes(is_row, byte=27), "slept longer than there was time"),
    ],
    ids=["none", "some missing", "awake", "cycles", "slept"],
)
def test_rows_of_timing_that_are_wrong(device, truth, meddle, match):
    with meddling(device, meddle()), noticed(match):
        timing.rows_agree_with_telemetry(device, truth)


# Soak.


def soaked(board, device, truth, seconds: float) -> soak.Soak:
    with board.player() as player:
        return soak.played_for(device, player, truth, seconds)


@broken(Sabotage.CLOCK_DRIFTS)
def test_a_clock_that_drifts(board, device, truth):
    """By a thousandth."""
    heard = soaked(board, device, truth, 600)
    with noticed("windows and clock are up to"):
        soak.keeps_step(heard, device, truth)


@broken(Sabotage.STACK_GROWS)
def test_a_stack_that_grows(board, device, truth):
    heard = soaked(board, device, truth, 120)
    with noticed("the stack's mark grows"):
        soak.nothing_grows(heard, device.info)


@pytest.mark.parametrize("sabotage", [Sabotage.IS_LATE, Sabotage.LOSES_SAMPLES], indirect=True, ids=["late", "lossy"])
def test_a_board_that_is_not_in_time(board, device, truth):
    heard = soaked(board, device, truth, 60)
    with noticed("expected nothing late"):
        soak.nothing_is_lost(heard)


@broken(Sabotage.RESTARTS_NOW_AND_THEN)
def test_a_board_that_restarts_now_and_then(board, device, truth):
    with noticed("expected"):
        soak.nothing_is_lost(soaked(board, device, truth, 120))
