"""What vibration anomaly detection learns from, and how it is judged."""

import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.data.manifest import Dataset, Item
from ml.data.recordings import Recording
from ml.data.synthesis.machines import FAULTS, Plan, generate
from ml.errors import UserError
from ml.native import anomaly
from ml.native.anomaly import distances
from ml.native.decide import DecideConfig
from ml.native.machine import OCTAVE, MachineConfig, State, watch
from ml.native.vibration import vibration
from ml.train.examples import Examples
from ml.vibration_anomaly import examples, header, model, speeds
from ml.vibration_anomaly.app import Learnt, VibrationAnomaly
from ml.vibration_anomaly.config import Config, FrontEnd, Mixture
from ml.vibration_anomaly.figures import areas, auc
from ml.vibration_anomaly.pieces import by_speed, in_parts, pieces
from ml.vibration_anomaly.streams import streams

APP = VibrationAnomaly().quick()
levels = arrays(np.float64, st.integers(1, 20), elements=st.integers(0, 9))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = generate(Plan(speeds=5, seconds=12), 0, tmp_path_factory.mktemp("machine") / "set")
    return APP.data(folder, 0)


def item(file: str, label: str, count: int, session: str = "", condition: str = "") -> Item:
    samples = np.random.default_rng(len(file)).integers(-90, 90, (count, 3)).astype(np.int16)
    recording = Recording(samples, 200_000, True, None, "accel")
    return Item(file, label, "fan", session, "", "", recording, "", {"condition": condition})


@pytest.mark.parametrize("rate_hz, size", [(25, 128), (50, 128), (200, 128), (3200, 128), (6400, 256), (20_000, 1024)])
def test_one_rule_sets_the_front_end_at_every_rate(rate_hz, size):
    made = Config().front_end.vibration(rate_hz * 1000)
    assert (made.size, made.hop, made.average, made.features) == (size, size // 2, 8, 9)


@pytest.mark.parametrize("rate_hz, block", [(25, 16), (50, 16), (200, 32), (3200, 512), (20_000, 2048)])
def test_blocks_of_the_machine_end_where_windows_do(rate_hz, block):
    config, hop = Config(), Config().front_end.vibration(rate_hz * 1000).step
    made = config.watching.machine(rate_hz * 1000, hop, 0)
    assert made.block == block
    assert hop % block == 0 or block % hop == 0


@pytest.mark.parametrize("rate_hz", [50, 20_000])
def test_the_scale_of_every_feature_has_room_for_noise_from_40_mg_to_1_g(rate_hz):
    """Of octave bands too, where an experiment wants them: what is clipped tells nothing."""
    made = FrontEnd(bands=2).vibration(rate_hz * 1000)
    rng = np.random.default_rng(0)
    for deviation in (80, 2000):
        noise = np.rint(rng.normal(0, deviation, (20_000, 3))).astype(np.int16)
        assert vibration([noise], made).saturated.tolist() == [0]


def test_octave_bands_reach_from_the_top_down():
    made = FrontEnd(bands=2).vibration(200_000)
    assert made.band_hz == (25, 50, 100)
    assert made.features == 15


def test_a_subject_is_a_machine_at_a_speed():
    items = (
        item("a", "normal", 9, "speed30"), item("b", "off", 9, "0007", "low_coin"),
        item("c", "normal", 9, "7", "low-moving"), item("d", "normal", 9),
    )  # fmt: skip
    made = by_speed(Dataset(items, ""))
    assert [one.subject for one in made.items] == ["fan_speed30", "fan_low", "fan_low", "fan"]


def test_short_captures_of_a_condition_follow_each_other_and_no_others():
    items = [item(f"a{i}", "normal", 30, condition="low") for i in range(3)]
    items += [item("b", "coin", 30, condition="low_coin"), item("c", "normal", 80, condition="low")]
    made = pieces(Dataset(tuple(items), ""), 60)
    assert [(piece.file, len(piece.samples)) for piece in made] == [("a0", 90), ("c", 80)]
    assert np.array_equal(made[0].samples, np.concatenate([one.recording.samples for one in items[:3]]))


def test_only_what_is_normal_is_learnt_from(data):
    kept = tuple(one for one in data.items if one.label == "normal")
    alone = dataclasses.replace(data, items=kept)
    plain = dataclasses.replace(APP.config, training=dataclasses.replace(APP.config.training, continuum=99))
    made, expected = (examples.normal_examples(one, plain, 0) for one in (data, alone))
    assert np.array_equal(made.inputs, expected.inputs) and np.array_equal(made.far, expected.far)


def test_without_normal_recordings_there_is_nothing_to_learn(data):
    faulty = dataclasses.replace(data, items=tuple(one for one in data.items if one.label != "normal"))
    with pytest.raises(UserError, match="label normal"):
        examples.normal_examples(faulty, APP.config, 0)


def test_mixed_rates_are_refused(data):
    first = data.items[0]
    other = dataclasses.replace(first, recording=dataclasses.replace(first.recording, rate_mhz=50_000))
    with pytest.raises(UserError, match="one rate"):
        examples.normal_examples(dataclasses.replace(data, items=(*data.items[1:], other)), APP.config, 0)


def test_windows_held_out_share_no_sample_and_are_what_the_front_end_makes(data):
    made = APP.held_out(data, APP.labels(data))
    assert set(made.labels) == {0, 1}
    spans = [(str(file).split("[")[0], *map(int, str(file).split("[")[1][:-1].split(":"))) for file in made.files]
    assert len(set(spans)) == len(spans)
    for (file, start, end), (other, begin, _) in itertools.pairwise(spans):
        assert file != other or (end <= begin and end - start == made.count[0])
    again = APP.inputs(made.samples[3], int(made.rate_mhz[3])).windows
    assert np.array_equal(again[-1], made.inputs[3])


def test_every_fault_has_its_stream_and_no_normal_sample_is_in_two(data):
    made = streams(data, APP.config, 0)
    assert len(made) == 5 * (len(FAULTS) - 1)
    normal = sum(one.truth[0].start for one in made)
    assert normal == sum(len(one.recording.samples) for one in data.items if one.label == "normal")
    assert all(one.truth[0].end == len(one.samples) for one in made)


def off(data, samples: np.ndarray):
    """A recording of the same machine while it is off."""
    first = data.items[0]
    recording = dataclasses.replace(first.recording, samples=samples)
    return dataclasses.replace(first, file="off.csv", recording=recording, more=dict(first.more) | {"condition": "off"})


def test_a_machine_that_is_off_is_neither_learnt_nor_a_fault_and_says_where_off_ends(data):
    quiet = np.rint(np.random.default_rng(0).normal([0, 0, 2048], 4, (1500, 3))).astype(np.int16)
    with_off = dataclasses.replace(data, items=(*data.items, off(data, quiet)))
    made, before = (examples.normal_examples(one, APP.config, 0) for one in (with_off, data))
    assert np.array_equal(made.inputs, before.inputs)
    assert made.off_level == pytest.approx(OCTAVE * (np.log2(1 + 3 * 16) + 0.75), abs=90)
    streams_ = [one for one in streams(with_off, APP.config, 0) if not one.truth]
    assert [len(one.samples) for one in streams_] == [1500]
    app = dataclasses.replace(APP, found=Learnt(None, None, 50_000, made.off_level))
    assert (watch(quiet, app.machine(data.items[0].recording.rate_mhz)).state == State.OFF).all()


def test_with_few_speeds_every_part_of_the_recordings_has_all_of_them():
    items = tuple(
        item(f"{speed}{label}{i}", label, 60, condition=f"{speed}_{label}")
        for speed in ("low", "high") for label in ("normal", "coin") for i in range(8)
    )  # fmt: skip
    made = in_parts(Dataset(items, ""))
    assert made.subjects == [f"fan_part{i}" for i in (1, 2, 3, 4)]
    for subject in made.subjects:
        assert len({one.more["condition"] for one in made.of((subject,)).items}) == 4
    single = Dataset(items[::8], "")
    assert in_parts(single).subjects == by_speed(single).subjects


def at_speeds(*deviations: float) -> Dataset:
    """A machine at several speeds, at each of which it shakes more."""
    rng = np.random.default_rng(0)
    made = []
    for number, deviation in enumerate(deviations):
        one = item(f"{number}.csv", "normal", 900, f"speed{number}")
        samples = rng.normal([0, 0, 2048], deviation, (900, 3)).round().astype(np.int16)
        made.append(dataclasses.replace(one, recording=dataclasses.replace(one.recording, samples=samples)))
    return by_speed(Dataset(tuple(made), ""))


def test_a_way_of_running_that_wavers_is_allowed_more_and_a_quiet_one_less():
    rng = np.random.default_rng(0)
    quiet = rng.normal(-40, 3, (300, 9))
    wavering = rng.normal(40, 3, (300, 9)) + np.repeat([[-18], [-6], [6], [18]], 75, axis=0)
    windows = np.concatenate([quiet, wavering]).round().astype(np.int8)
    config = Mixture(components=3)
    far = speeds.in_parts(
        windows, np.tile(np.arange(300) * 4 // 300, 2), dataclasses.replace(APP.config, mixture=config), 0
    )
    none = np.zeros(600, bool)
    normal = examples.Normal(windows, none.astype(int), blind=none, far=far)
    plain, made = model.mixture(windows, config, 0), model.normal_state(normal, config, 0)
    assert np.array_equal(plain.offset, made.offset) and np.array_equal(plain.mean, made.mean)
    wider = distances(windows, made).astype(float) / np.maximum(distances(windows, plain), 1)
    assert np.median(wider[:300]) > 1.2 * np.median(wider[300:])
    unknown = dataclasses.replace(normal, far=np.zeros(0))
    assert np.array_equal(model.normal_state(unknown, config, 0).inverse, plain.inverse)


def test_what_is_normal_and_was_not_heard_stays_below_the_level_of_a_fault():
    """At speeds that waver little and at those that waver much; each is judged by what the others say of it."""
    rng = np.random.default_rng(0)
    names = "abcdefgh"
    normal = {
        name: rng.normal(12 * place, 1.5 if place < 4 else 5, (60, 9)).round().astype(np.int8)
        for place, name in enumerate(names)
    }
    config = dataclasses.replace(APP.config, mixture=Mixture(components=8))
    blows = np.tile(np.array([0, 30, 0], np.int8), 3)  # its level is that of a speed
    made = speeds.Speeds(normal, config, 3, 0).unseen({"b": [normal["b"] + blows], "f": []})
    assert all((made[name].normal < model.EVEN + 8).mean() > 0.9 for name in names[1:-1])
    assert np.median(made["b"].faults[0]) > model.EVEN + 8


@pytest.mark.parametrize(("part", "count"), [(np.zeros(60, int), 60), (np.arange(8) % 4, 8)])
def test_one_part_and_a_handful_of_windows_say_nothing_about_how_far_others_stray(part, count):
    windows = np.random.default_rng(0).integers(-9, 9, (count, 9)).astype(np.int8)
    assert not len(speeds.in_parts(windows, part, APP.config, 0))


def test_the_parts_of_a_way_of_running_follow_each_other_in_time_whatever_subjects_they_are_in():
    items = tuple(item(f"{speed}{i}", "normal", 1200, condition=speed) for speed in ("low", "high") for i in range(4))
    made = in_parts(Dataset(items, ""))
    assert made.subjects == [f"fan_part{i}" for i in (1, 2, 3, 4)]
    front_end = APP.front_end(200_000)
    part = examples.parts(pieces(made, front_end.span), front_end)
    assert len(part) == len(examples.normal_examples(made, APP.config, 0))
    assert [set(one) for one in np.array_split(part, 4)] == [{0}, {1}, {2}, {3}]


def test_of_many_speeds_those_between_others_choose_the_settings_each_alone():
    data = at_speeds(320, 40, 80, 160, 640, 20)
    made = APP.split(data, ("fan_speed3",))
    assert made.train == ("fan_speed0", "fan_speed1", "fan_speed2", "fan_speed4", "fan_speed5")
    assert made.choosing == ("fan_speed0", "fan_speed1", "fan_speed2")  # neither the fastest nor the slowest
    assert APP.split(data, ()).test == ("fan_speed3",)  # the middle one
    assert APP.split(at_speeds(320, 40, 80, 160), ()).choosing == ()


def test_between_a_speed_that_hides_faults_and_one_that_does_not_nobody_knows():
    places = {name: np.full((30, 9), 20 * number, np.int8) for number, name in enumerate("abcde")}
    show, hide = speeds.by_hiding(places, {"a", "b"}, APP.config, 3, 0)
    assert {int(one[0, 0]) for one in show} == {40, 60, 80}
    assert [sorted(set(one[:, 0].tolist())) for one in hide[:2]] == [[0], [20]]
    assert len(hide) == 3
    assert 20 <= hide[2].min() < hide[2].max() <= 40
    assert sum(map(len, speeds.by_hiding(places, set(), APP.config, 3, 0))) == 5 + 4  # and between each two of many


def test_a_speed_that_was_never_heard_can_be_judged_between_two_at_which_faults_show():
    places = {name: np.full((3, 9), 20 * number, np.int8) for number, name in enumerate("abcde")}
    found = {at: speeds.can_be_judged(np.full((3, 9), at, np.int8), places, {"a"}, 3) for at in (-5, 10, 30, 70, 90)}
    assert found == {-5: False, 10: False, 30: True, 70: True, 90: False}


def test_what_training_says_of_a_speed_before_it_is_heard():
    data = at_speeds(20, 40, 80, 160, 320, 640)
    names = data.subjects

    def says(asked: int, *hiding: str) -> bool:
        return examples.claims(
            data.of([one for one in names if one != names[asked]]), data.of((names[asked],)), set(hiding), APP.config
        )

    assert says(3) and says(3, "fan_speed0")
    assert not says(1, "fan_speed0") and not says(5) and not says(0)  # next to a speed that hides faults; outside
    assert not examples.claims(data, data.of(("fan_speed2",)), {"fan_speed2"}, APP.config)  # heard, and known to hide
    few = at_speeds(20, 40)
    assert examples.claims(few.of(("fan_speed0",)), few.of(("fan_speed1",)), set(), APP.config)  # parts of the time


def levels_of(normal: float, *faults: float) -> speeds.Unseen:
    return speeds.Unseen(np.full(20, normal), [np.full(20, fault) for fault in faults])


def test_speeds_at_which_a_fault_does_not_show_are_named():
    levels = {"a": levels_of(40, 50, 90), "b": levels_of(60, 90), "c": levels_of(70, 120), "d": levels_of(50, 99)}
    windows = {name: np.full((3, 9), place, np.int8) for place, name in enumerate("abcde")}
    assert speeds.hiding(levels, windows, APP.config, 3) == set()  # four speeds say too little
    levels["e"] = levels_of(155, 80, 130)  # the fastest: nothing said what it is like
    assert speeds.hiding(levels, windows, APP.config, 3) == {"a"}


def test_windows_near_speeds_that_hide_faults_have_components_of_their_own():
    rng = np.random.default_rng(0)
    windows = np.concatenate([rng.normal(centre, 3, (200, 4)) for centre in (-40, 50)]).round().astype(np.int8)
    tables = model.mixture(windows, Mixture(components=2, blind_components=2), 0, np.arange(400) >= 200)
    nearest = anomaly.nearest(windows, tables)[1] >= len(tables.mean) - tables.blind
    assert 0 < tables.blind < len(tables.mean)
    assert np.array_equal(nearest, np.arange(400) >= 200)
    found = Learnt(tables, None, 50_000, 0, threshold=100)  # what a board says: cannot be judged, unless it is a fault
    assert np.array_equal(found.hides(windows, np.full(400, 99.0)), nearest)
    assert not found.hides(windows, np.full(400, 100.0)).any()


def test_without_faults_streams_get_simulated_ones(data):
    alone = dataclasses.replace(data, items=tuple(one for one in data.items if one.label == "normal"))
    made = streams(alone, APP.config, 0)
    assert len(made) == 2 * len(alone.items)
    for one in made:
        start = one.truth[0].start
        assert (one.samples[start:].std(0) > 1.1 * one.samples[:start].std(0)).all()


@given(levels, levels)
def test_the_area_is_the_chance_that_a_fault_scores_higher(normal, anomalous):
    difference = anomalous[:, None] - normal
    value, low, high = auc(normal, anomalous)
    assert value == pytest.approx((difference > 0).mean() + (difference == 0).mean() / 2, abs=1e-4)
    assert 0 <= low <= value <= high <= 1


def test_areas_of_windows_and_of_recordings():
    level, labels = np.array([1.0, 5, 2, 4, 4]), np.array([0, 0, 0, 1, 1])
    files = np.array(["a[0:2]", "a[2:4]", "b[0:2]", "c[0:2]", "c[2:4]"])
    made = areas(level, labels, files)
    assert made["auc_windows"][0] == pytest.approx(2 / 3, abs=1e-4)
    assert made["auc_recordings"][0] == 1
    assert (made["windows"], made["recordings"]) == ([3, 2], [2, 1])


def test_the_mixture_finds_what_is_far_from_every_way_of_running():
    rng = np.random.default_rng(0)
    ways = [rng.normal(centre, 3, (200, 4)) for centre in (-40, 0, 50)]
    windows = np.rint(np.concatenate(ways)).astype(np.int8)
    tables = model.mixture(windows, Mixture(components=3), 0)
    between = np.full((1, 4), 25, np.int8)
    assert distances(between, tables)[0] > np.quantile(distances(windows, tables), 0.999)


def test_a_header_gives_back_what_it_was_made_of(tmp_path):
    windows = np.random.default_rng(0).integers(-100, 100, (400, 9)).astype(np.int8)
    tables = model.mixture(windows, Mixture(components=2), 0, np.arange(400) > 300)
    compared = model.reconstruction(np.arange(1, 10))
    front_end = APP.front_end(50_000)
    learning, machine = APP.config.mixture.learning(front_end), MachineConfig(16, -300)
    for method in ("mixture", "autoencoder"):
        decision = DecideConfig((100, 107), 0)
        text = "\n".join(header.sections(front_end, tables, compared, method, ("a", "b"), learning, machine, decision))
        (tmp_path / "model.h").write_text(text)
        found = header.read(tmp_path / "model.h")
        assert (found.method, found.rate_mhz, found.off_level, found.threshold) == (method, 50_000, -300, 107)
        assert np.array_equal(found.compared.inverse, compared.inverse)
        assert found.mixture.blind == tables.blind > 0
        for part in ("mean", "inverse", "offset"):
            assert np.array_equal(getattr(found.mixture, part), getattr(tables, part))


def test_a_header_of_another_application_is_refused(tmp_path):
    (tmp_path / "model.h").write_text("static const nn_model fall_detection_model = {0};")
    with pytest.raises(UserError, match="vibration model"):
        header.read(tmp_path / "model.h")


def test_a_network_that_a_recipe_has_changed_is_judged_by_its_own_errors():
    """Whoever shrinks it compares the autoencoder: of the mixture's answers the network decides none."""
    assert [app.variant for app in VibrationAnomaly().candidates() if app.network_judges] == ["autoencoder"]
    app, inputs = VibrationAnomaly(), np.random.default_rng(0).integers(-90, 90, (40, 9)).astype(np.int8)
    networks = [model.autoencoder(app.config.training, app.name, 9) for _ in range(2)]
    kept = {"deviation": [], "rate_mhz": 50_000}
    found = [app.settled(kept, network, Examples(inputs, np.zeros(40, int))) for network in networks]
    assert all(one["rate_mhz"] == 50_000 and len(one["deviation"]) == 9 for one in found)
    assert found[0]["deviation"] != found[1]["deviation"]
    assert kept["deviation"] == []
