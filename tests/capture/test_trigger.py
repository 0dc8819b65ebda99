"""Recordings that begin by themselves, with what was just before."""

import threading

import numpy as np
import pytest
from desk import RATES, noise, place

from ml.capture.events import Block, Column, Stream
from ml.capture.trigger import Rule, Trigger
from ml.errors import UserError


def quiet_then_loud(seconds_before, seconds, seed):
    sound = noise("mic", seconds_before + seconds, seed)
    sound[: round(seconds_before * RATES["mic"])] //= 4096  # below -70 dBFS
    return sound


def test_sound_sets_a_recording_off_and_what_was_before_is_in_it(host, tmp_path):
    words = ("--trigger", "level=-20", "--before", 0.25, "--seconds", 1, "--streams", "mic,imu")
    tool = host.collect(tmp_path, *words, "--repeat", 2, "--yes")
    tool.wait_until_ready()
    sound = np.concatenate([quiet_then_loud(1, 1.5, 1), quiet_then_loud(1, 1.5, 2), np.zeros((8000, 1), np.int16)])
    motion = noise("imu", len(sound) / RATES["mic"])
    player = threading.Thread(target=host.play, args=({"mic": sound, "imu": motion},), kwargs={"realtime": True})
    player.start()
    done = tool.done()
    player.join()
    assert done.status == 0, done.err
    for take, loud_at in ((1, 16000), (2, 16000 + 40000)):
        (row,) = done.rows(sensor="mic", take=take)
        recorded = done.samples(row)
        assert len(recorded) == RATES["mic"]
        heads = np.flatnonzero((sound == recorded[0]).all(axis=1)).tolist()
        (at,) = [head for head in heads if np.array_equal(sound[head : head + len(recorded)], recorded)]
        assert loud_at - 0.25 * RATES["mic"] - 320 <= at <= loud_at - 0.25 * RATES["mic"] + 320
        (row,) = done.rows(sensor="imu", take=take)
        motion_at = place(motion, done.samples(row))
        assert abs(motion_at / RATES["imu"] - at / RATES["mic"]) < 0.02  # the microphone hands over 16 ms at a time


def test_motion_sets_a_recording_off(host, tmp_path):
    tool = host.collect(tmp_path, "--trigger", "motion", "--before", 0.1, "--seconds", 0.5, "--streams", "imu", "--yes")
    tool.wait_until_ready()
    samples = noise("imu", 1)
    host.play({"imu": samples})
    done = tool.done()
    assert done.status == 0
    (row,) = done.rows()
    recorded = done.samples(row)
    assert len(recorded) == 200
    assert 38 <= place(recorded, samples[:150]) <= 40


MIC = Stream("mic", 1000.0, (Column("pcm", "FS", 32768),))


def blocks(values, at):
    """The same samples in blocks of the given sizes."""
    start = 0
    for end in [*at, len(values)]:
        yield Block(MIC, start * 1000, 1000.0, values[start:end], 0, 0.0)
        start = end


@pytest.mark.parametrize("at", [(), (7, 300, 301, 555), tuple(range(20, 1000, 13))])
def test_when_it_is_set_off_does_not_depend_on_the_blocks(at):
    values = np.zeros((1000, 1), np.int16)
    values[503:700] = 20000
    trigger = Trigger.on(Rule.parse("level=-20"), (MIC,))
    for block in blocks(values, at):
        trigger.add(block)
    assert trigger.fired_us == 500_000


def test_it_is_set_off_once_until_it_was_quiet_again():
    values = np.full((2000, 1), 20000, np.int16)
    values[1000:1200] = 0
    trigger = Trigger.on(Rule.parse("level"), (MIC,))
    fired = []
    for block in blocks(values, tuple(range(20, 2000, 20))):
        trigger.add(block)
        if trigger.fired_us is not None:
            fired.append(trigger.fired_us)
            trigger.arm()
    assert fired == [0, 1_200_000]


@pytest.mark.parametrize("text", ["", "loud", "level=", "level=x", "motion=nan", "level=1e9"])
def test_a_rule_that_is_none_is_refused(text):
    if text == "level=":
        assert Rule.parse(text).threshold == -30
        return
    with pytest.raises(UserError):
        Rule.parse(text)


def test_a_trigger_without_its_sensor_is_refused(host, tmp_path):
    done = host.collect(tmp_path, "--trigger", "level", "--seconds", 1, "--streams", "imu", "--yes").done()
    assert done.status == 1
    assert "expected a stream for the trigger" in done.err
