"""Takes after one another, with the truth in its place."""

import numpy as np
import pytest

from ml.data import manifest
from ml.data.reading import read_recording
from ml.data.recordings import read
from ml.data.streams import BRIDGE_S, Stream, Truth, export, names, streams
from ml.data.synthesis import Plan, generate


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return manifest.load(
        generate(Plan(people=2, repetitions=2, background_s=5), 0, tmp_path_factory.mktemp("s") / "set")
    )


def test_there_is_one_stream_a_person_and_every_movement_is_in_it(data):
    made = streams(data.takes())
    assert [stream.subject for stream in made] == data.subjects
    assert all(len(stream.truth) == 2 * 10 for stream in made)


def test_the_truth_lies_where_the_take_says(data):
    stream = streams(data.takes())[0]
    at = 0
    for take in (item for item in data.takes() if item.subject == stream.subject):
        inside = [one for one in stream.truth if at <= one.start < at + len(take.recording.samples)]
        assert {one.label for one in inside} <= {take.label}
        for one in inside:
            assert take.recording.active[one.start - at : one.end - at].all()
        assert (stream.samples[at : at + len(take.recording.samples)] == take.recording.samples).all()
        at += len(take.recording.samples) + round(BRIDGE_S * stream.rate_mhz / 1000)


def test_the_passage_between_takes_has_no_step(data):
    stream = streams(data.takes())[0]
    first = next(item for item in data.takes() if item.subject == stream.subject).recording.samples
    passage = stream.samples[len(first) - 1 : len(first) + 70].astype(int)
    span = abs(passage[-2] - passage[0]).max()
    assert abs(np.diff(passage[:66], axis=0)).max() <= span / 60 + 2


def test_an_exported_stream_reads_back_as_the_same_counts(data, tmp_path):
    stream = streams(data.takes())[0]
    recording, truth = export(stream, tmp_path, "unseen")
    again = read(recording, stream.rate_mhz / 1000)
    assert (again.samples == stream.samples).all()
    assert again.active.sum() == sum(one.end - one.start for one in stream.truth)
    assert len(truth.read_text().splitlines()) == 1 + len(stream.truth)


@pytest.mark.parametrize(("sensor", "channels", "rate_hz"), [("mic", 1, 16000), ("accel", 3, 50)])
def test_sound_and_acceleration_read_back_as_the_same_counts_too(tmp_path, sensor, channels, rate_hz):
    samples = np.random.default_rng(0).integers(-30000, 30000, (500, channels)).astype(np.int16)
    made = Stream("ann", samples, rate_hz * 1000, (Truth("yes", 10, 20),), sensor)
    recording, truth = export(made, tmp_path, "unseen")
    assert (read_recording(recording, rate_hz, sensor).samples == samples).all()
    assert truth.read_text().splitlines() == ["label,start,end", "yes,10,20"]


def test_no_two_streams_of_a_subject_have_one_name():
    made = [
        Stream(subject, np.zeros((1, 3), np.int16), 50_000, (), "accel") for subject in ("fan", "ann", "fan", "fan")
    ]
    assert names(made) == ["fan", "ann", "fan_2", "fan_3"]


def test_the_second_stream_of_a_subject_does_not_take_anothers_name():
    made = [Stream(subject, np.zeros((1, 6), np.int16), 50_000, ()) for subject in ("ann", "ann", "ann_2", "ann")]
    assert names(made) == ["ann", "ann_3", "ann_2", "ann_4"]
