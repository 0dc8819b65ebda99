"""What training shows: windows mixed anew in every epoch, mistakes again, nobody who judges; and it goes on where it
was interrupted."""

from dataclasses import replace

import numpy as np
import pytest

from ml.data.spectrograms import BANDS, FRAMES, NONE, Spectrograms
from ml.data.synthesis.speech import NOBODY
from ml.errors import UserError
from ml.keyword_spotting import bands, checkpoint, learning
from ml.keyword_spotting.examples import Drawn
from ml.keyword_spotting.material import material
from ml.keyword_spotting.pictured import Pictured, images_of
from ml.keyword_spotting.windows import Windows
from ml.train.keras import keras_module
from tests.data.test_spectrograms import grey, packed

CLIPS = 40


def pictures(speakers: list[str]) -> Spectrograms:
    """Images with a loud stretch in the middle, of words by turns."""
    pixels = np.random.default_rng(0).integers(0, 40, (CLIPS, FRAMES, BANDS)).astype(np.uint8)
    pixels[:, 30:70] += 120
    who = [speakers[number % len(speakers)] for number in range(CLIPS)]
    return Spectrograms(pixels, np.array(["yes", "no", "tree", "bed"] * 10), np.array(who), "somebody")


@pytest.fixture(scope="module")
def both(voices) -> Pictured:
    return Pictured.of_both(voices, [pictures([voices.subjects[0], "stranger"])])


@pytest.fixture
def examples(app, voices) -> Drawn:
    return app.examples(voices, app.labels(voices), 3)


def test_an_image_goes_where_its_speaker_goes_and_a_strangers_trains(both):
    first, *others = both.subjects
    assert {*both.of(others).images.speakers} == {"stranger"}
    assert {*both.of([first]).images.speakers} == {first, "stranger"}
    assert images_of(both.of(others)).hash == both.images.hash
    assert both.summary()["images"] == "40 images of words by 2 speakers"


def test_images_alone_cannot_judge_a_model(app, tmp_path):
    packed(tmp_path / "yes.zip", {"0a7c2a8d_nohash_0.jpg": grey(100)})
    with pytest.raises(UserError, match="expected recordings beside the images"):
        app.data_of((tmp_path,), 0)


def test_words_of_images_are_classes_and_lie_where_they_are_loud(app, voices):
    made = material(voices, pictures(["stranger"]), app.config, np.random.default_rng(0))
    plain = material(voices, NONE, app.config, np.random.default_rng(0))
    assert len(made.keywords) == len(plain.keywords) + CLIPS // 2
    assert len(made.others) == len(plain.others) + CLIPS // 2
    assert set(made.keywords.label[-CLIPS // 2 :]) == {0, 1}
    assert np.abs(made.keywords.start[-CLIPS // 2 :] - 30).max() <= 1
    assert np.abs(made.keywords.end[-CLIPS // 2 :] - 70).max() <= 1
    assert not made.keywords.steps[:, FRAMES].any()


def test_a_word_is_whole_in_its_window_and_as_loud_as_the_levels_say(app, voices):
    by = replace(app.config.training.variation, as_recorded=0.0, noise_share=0.0, own_db=(-200.0, -190.0))
    config = replace(app.config, training=replace(app.config.training, variation=by))
    made = material(voices, NONE, config, np.random.default_rng(0))
    shown = Windows(made, config, np.random.default_rng(1)).keywords()
    power = bands.power_table(config.front_end.log_mel)[shown.inputs.view(np.uint8) ^ np.uint8(bands.ZERO)]
    level = bands.level_db(bands.total(power))
    assert len(shown) == made.keywords.turns.sum()
    assert by.level_db[0] - 20 < level.min()
    assert level.max() < by.level_db[1] + 20  # a room and a microphone add some
    assert np.ptp(level) > 20


def test_every_epoch_is_another_and_the_same_again(examples):
    one, again, other = (examples.shown(examples.draw(number)) for number in (1, 1, 2))
    assert (one.inputs == again.inputs).all()
    assert (one.labels == again.labels).all()
    assert not np.array_equal(one.inputs, other.inputs)
    assert set(one.labels) == set(range(12))


def test_a_step_that_trains_on_hears_new_mixtures_in_every_epoch(app, voices, examples):
    network = app.network(app.labels(voices))
    first = app.lessons(replace(examples, mistakes=[]), app.labels(voices))
    epochs = [first.of_epoch(number, network) for number in (0, 1)]
    assert {len(one.inputs) for one in (first, *epochs)} == {len(examples)}
    assert not np.array_equal(epochs[0].inputs, epochs[1].inputs)
    assert not np.array_equal(epochs[0].inputs, first.inputs)
    for one in epochs:
        assert np.array_equal(one.targets.argmax(1), one.labels)


def test_mistakes_are_shown_again_and_the_oldest_forgotten(examples):
    wrong, counts = replace(examples, mistakes=[]), []
    for number in range(4):
        shown = wrong.shown(wrong.draw(number), lambda inputs: np.ones(len(inputs)))
        counts.append(sum(map(len, wrong.mistakes)))
        assert len(shown) > len(examples)
    assert counts[0] > 0
    assert counts[-1] <= counts[0] + counts[0]
    assert {*np.concatenate([one.labels for one in wrong.mistakes])} == {10}
    right = replace(examples, mistakes=[])
    right.shown(right.draw(1), lambda inputs: np.zeros(len(inputs)))
    assert sum(map(len, right.mistakes)) == 0


def test_where_no_mistakes_are_to_be_looked_for_nobody_is_asked(examples):
    config = replace(examples.config, training=replace(examples.config.training, searched=0.0))
    without = replace(examples, config=config, mistakes=[])
    assert len(without.shown(without.draw(1), lambda inputs: pytest.fail("asked"))) and not without.mistakes


def test_a_training_that_was_interrupted_ends_as_if_it_had_not_been(app, voices, examples, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path)
    training = replace(app.config.training, epochs=3, falling=1, least=200, batch=256)
    whole = trained(app, voices, examples, training)
    with pytest.raises(KeyboardInterrupt):  # of fewer epochs; their rate did not fall yet
        trained(app, voices, examples, replace(training, epochs=2), stop_after=1)
    resumed = trained(app, voices, examples, training)
    for one, other in zip(whole, resumed, strict=True):
        assert np.array_equal(one, other)
    assert not list(tmp_path.iterdir())  # nothing is left of what has ended


def trained(app, voices, examples: Drawn, training, stop_after: int | None = None) -> list[np.ndarray]:
    keras_module().utils.set_random_seed(1)
    network, drawn = app.network(app.labels(voices)), replace(examples, mistakes=[])

    class Stopped(Drawn):
        def draw(self, number):
            if stop_after is not None and number >= stop_after:
                raise KeyboardInterrupt
            return drawn.draw(number)

    learning.fit(network, Stopped(**vars(drawn)), training, 0, None)
    return network.get_weights()


def test_a_changed_checkpoint_begins_afresh(app, voices, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path)
    for content in (b"", b"no archive", b"PK\x03\x04"):
        (tmp_path / "key.npz").write_bytes(content)
        network = app.network(app.labels(voices))
        learning._compile(network, app.config.training)
        assert checkpoint.Checkpoints("key", network, [], [1.0]).last({}) == 0


def test_a_checkpoint_serves_trainings_with_the_same_rates_so_far(app, voices, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "FOLDER", tmp_path)
    network = app.network(app.labels(voices))
    learning._compile(network, app.config.training)
    checkpoint.Checkpoints("key", network, [], [2.0, 2.0, 1.0]).save(2, {})
    for rates, done in (([2.0, 2.0, 2.0, 1.0], 2), ([2.0, 1.0, 0.5], 0), ([2.0], 0)):
        assert checkpoint.Checkpoints("key", network, [], rates).last({}) == done


def test_no_voice_is_in_two_parts(app, both):
    split = app.split(both, ())
    parts = [set(part) - {NOBODY} for part in (split.train, split.validation, split.test)]
    assert sum(map(len, parts)) == len(set().union(*parts))
    judged = both.of(split.test).subjects
    assert not set(judged) - {NOBODY} & {*both.of(split.train).images.speakers}
