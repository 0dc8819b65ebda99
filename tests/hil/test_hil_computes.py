"""A board senses what there is, computes what this computer computes, and detects what Python detects."""

import pytest

from tests.hil.checks import events, health, memory, parity, sensors, thresholds, timing
from tests.hil.truths import APPS

pytestmark = pytest.mark.hil_app(*APPS)


def test_its_sensor_keeps_the_declared_rate_and_loses_nothing(device):
    heard = sensors.rows(device)
    sensors.keeps_its_rate(device, heard)
    sensors.shows_what_there_is(device, heard)
    sensors.loses_nothing(device, heard)
    health.is_well(device)


def test_its_sensor_gives_what_is_played_bit_for_bit(device, player, truth):
    sensors.hears_what_is_played(device, player, truth)


def test_front_end_and_every_layer_give_the_bytes_of_the_host(device, truth):
    parity.computes_as_the_host(device, truth)


def test_a_stream_over_the_link_makes_the_events_of_python(device, brief):
    events.same_events_over_the_link(device, brief)


def test_a_stream_through_the_sensor_makes_the_events_of_python_in_time(device, player, truth):
    events.same_events_through_the_sensor(device, player, truth)


def test_a_broken_sensor_is_told_within_two_seconds_and_makes_no_events(device, player, truth):
    health.a_broken_sensor_is_not_believed(device, player, truth)


def test_stack_and_arena_stay_within_their_declared_sizes(device, brief):
    memory.stays_within_its_memory(device, brief)


def test_thresholds_decide_what_is_detected(device, brief):
    thresholds.thresholds_decide(device, brief)


def test_thresholds_take_effect_at_once(device, brief):
    thresholds.thresholds_take_effect_at_once(device, brief)


def test_thresholds_are_gone_after_a_reset(board, device, truth):
    thresholds.thresholds_are_gone_after_a_reset(board, device, truth)


def test_rows_of_timing_agree_with_telemetry(device, brief):
    timing.rows_agree_with_telemetry(device, brief)
