"""What the model learns from and is judged by: classes, speakers, streams."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ml.data.rows import Row
from ml.data.synthesis.speech import NOBODY
from ml.errors import UserError
from ml.keyword_spotting.clips import class_of, clips, noises
from ml.keyword_spotting.config import SILENCE, UNKNOWN

WORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")


def test_classes_are_the_words_then_unknown_then_silence(app, voices):
    labels = app.labels(voices)
    assert labels == [*WORDS, UNKNOWN, SILENCE]
    assert app.background(labels) == (10, 11)
    assert [class_of(label, WORDS) for label in ("yes", "go", "_unknown_", "ar_yes", "bed", "_silence_")] == [
        *(0, 9, 10, 10, 10, 11)
    ]


def test_own_words_take_the_place_of_the_ten(app):
    other = app.with_words(("lights", "music"))
    assert other.config.words == other.config.synthesis.words == ("lights", "music")


def test_no_speaker_is_in_two_parts_and_noise_is_in_all(app, voices):
    for split in (app.split(voices, ()), app.split(voices, tuple(app.split(voices, ()).train[:1]))):
        parts = [set(part) - {NOBODY} for part in (split.train, split.validation, split.test)]
        assert sum(map(len, parts)) == len(set().union(*parts))
    assert not {len(one) for one in noises(voices, True)} & {0}


def test_examples_have_every_class_and_the_same_seed_gives_the_same(app, voices):
    labels = app.labels(voices)
    one, again, other = (app.examples(voices, labels, seed) for seed in (1, 1, 2))
    assert one.inputs.dtype == np.int8
    assert one.inputs.shape[1:] == (48, 40)
    assert set(one.labels) == set(range(12))
    assert (one.inputs == again.inputs).all()
    assert not (one.inputs == other.inputs).all()


def test_what_is_held_out_is_what_the_front_end_gives_the_device(app, voices):
    made = app.held_out(voices, app.labels(voices))
    assert set(made.labels) == set(range(12))
    for samples, window in list(zip(made.samples, made.inputs, strict=True))[::9]:
        again = app.inputs(samples, 16_000_000)
        assert (again.windows == window).all()
        assert again.sample.tolist() == [len(samples) - 1]


def test_streams_hold_every_word_where_they_say_and_nothing_else_there(app, voices):
    one, again = app.streams(voices, 5)[0], app.streams(voices, 5)[0]
    assert (one.samples == again.samples).all()
    assert one.truth == again.truth
    assert one.samples.shape == (90 * 16000, 1)
    said = [clip for clip in clips(voices, WORDS) if clip.label < 10]
    assert len(one.truth) == 2 * len(said) or len(one.truth) > 20  # as many as there is room for
    for before, after in zip(one.truth, one.truth[1:], strict=False):
        assert after.start - before.end >= 0.5 * 16000
    for word in one.truth:
        inside = one.samples[word.start : word.end].astype(float).std()
        assert inside > 100  # -38 dB of full scale is 400


def test_other_people_make_other_streams(app, voices):
    some, others = voices.subjects[:3], voices.subjects[3:]
    one, other = (app.streams(voices.of([*part, NOBODY]), 5)[0] for part in (some, others))
    assert len(one.truth) != len(other.truth) or (one.samples != other.samples).any()


def test_somebody_tests_however_few_they_are(app, voices):
    for count in (2, 3, 5):
        split = app.split(voices.of([*[one for one in voices.subjects if one != NOBODY][:count], NOBODY]), ())
        assert set(split.test) - {NOBODY}
        assert set(split.train) - {NOBODY}


@pytest.mark.parametrize("words", [("silence", "music"), ("Unknown",), ("lights", " SILENCE ")])
def test_a_word_that_is_the_name_of_another_class_is_refused(app, words):
    with pytest.raises(UserError, match="no other class of the model"):
        app.with_words(words)


def labelled(voices, **labels):
    """The voices' recordings, some under other labels."""
    return replace(voices, items=tuple(replace(one, label=labels.get(one.label, one.label)) for one in voices.items))


def test_words_are_the_same_in_whatever_letters_people_write_them(app, voices, capsys):
    other = replace(app, config=replace(app.config, words=("yes", "turn on")))
    theirs = labelled(voices, yes="YES", no="Turn_On", up="_silence_", down="Silence", left="Background noise")
    made = other._meant(theirs)
    assert {"YES", "Turn_On", "Silence", "Background noise"} & set(theirs.labels) != set()
    assert {"YES", "Turn_On", "Silence", "Background noise"} & set(made.labels) == set()
    for theirs_, ours in (("yes", "yes"), ("no", "turn on"), ("down", "_silence_")):
        files = {one.file for one in voices.items if one.label == theirs_}
        assert {one.label for one in made.items if one.file in files} == {ours}
    assert "'Turn_On' are taken for 'turn on'" in capsys.readouterr().err.replace("\n", " ")


def test_a_recording_of_a_word_in_capitals_is_never_one_of_the_words_that_may_be_left_out(app):
    rows = [Row(f"{number}.wav", Path("x"), label, "ann", 16000) for number, label in enumerate(["YES", "Yes", "bed"])]
    assert app._chosen(rows) == rows
