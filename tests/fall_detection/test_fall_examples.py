"""What the fall detector learns from, is judged by and is played as comes from its front end in C."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ml.data.manifest import Dataset, Item
from ml.data.recordings import ACCEL_PER_G, Recording
from ml.data.streams import Stream
from ml.data.synthesis.falls import Plan, generate
from ml.errors import UserError
from ml.fall_detection.app import FallDetection
from ml.fall_detection.config import ADL, FALL
from ml.fall_detection.examples import fall_of, hardest, peaks, shares
from ml.fall_detection.gravity import felt_g
from ml.fall_detection.streams import Part, join
from ml.fall_detection.variation import vary
from ml.native.impact import impacts

APP = FallDetection().quick()
FRONT_END = APP.config.front_end.impact()
LEAST = APP.config.gate.gate().open_at


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return APP.data(generate(Plan(people=2, falls=3, activities=1), 0, tmp_path_factory.mktemp("falls") / "set"), 0)


def struck(rate_hz: int, at_s: float, seconds: float = 12.0, peak_g: float = 3.0) -> np.ndarray:
    """Standing, a blow at a time, lying: int16 (n, 3)."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    samples = np.where(times[:, None] < at_s, [0, 0, ACCEL_PER_G], [ACCEL_PER_G, 0, 0]).astype(float)
    samples[:, 0] += (peak_g - 1) * ACCEL_PER_G * np.exp(-(((times - at_s) / 0.08) ** 2))
    return np.rint(samples).astype(np.int16)


def item(samples: np.ndarray, label: str, rate_hz: int) -> Item:
    return Item("some.csv", label, "someone", "", "", "", Recording(samples, rate_hz * 1000, True, None, "accel"))


def test_only_falls_and_daily_activities_are_understood(data):
    assert APP.labels(data) == [ADL, FALL]
    strange = Dataset((item(struck(50, 5), "jump", 50), *data.items), data.hash)
    with pytest.raises(UserError, match="expected the labels adl"):
        APP.labels(strange)


def test_the_same_seed_gives_the_same_examples_of_both_classes(data):
    one, other, again = (APP.examples(data, [ADL, FALL], seed) for seed in (3, 4, 3))  # only the last are kept
    assert one.inputs.dtype == np.int8
    assert one.inputs.shape[1:] == (FRONT_END.window, 4)
    assert set(one.labels) == {0, 1}
    assert (one.inputs == again.inputs).all()
    assert (one.labels == again.labels).all()
    assert one.inputs.shape != other.inputs.shape or (one.inputs != other.inputs).any()


def test_what_is_judged_is_what_the_front_end_makes_of_the_kept_samples(data):
    held_out = APP.held_out(data, [ADL, FALL])
    assert len(held_out) == len(data.items)
    rows = zip(held_out.samples, held_out.count, held_out.rate_mhz, held_out.inputs, strict=True)
    for samples, count, rate, made in rows:
        windows = APP.inputs(samples[:count], int(rate)).windows
        assert len(windows) == 1
        assert (windows[0] == made).all()


@pytest.mark.parametrize("rate_hz", [20, 25, 50, 104, 200])
@pytest.mark.parametrize("at_s", [1.2, 6.0, 11.5])
def test_an_impact_is_found_where_it_is_even_near_the_ends(rate_hz, at_s):
    samples = struck(rate_hz, at_s)
    at, windows = peaks(samples, rate_hz * 1000, FRONT_END, LEAST)
    nearest = at[np.abs(at - at_s * rate_hz).argmin()]
    assert nearest / rate_hz == pytest.approx(at_s, abs=0.11)
    assert hardest(samples, rate_hz * 1000) / rate_hz == pytest.approx(at_s, abs=0.06)
    assert len(windows) == len(at)


def test_a_marked_fall_is_where_the_mark_says():
    one = item(struck(50, 6), FALL, 50)
    active = np.zeros(600, bool)
    active[280:320] = True
    marked = replace(one, recording=replace(one.recording, active=active))
    assert fall_of(marked) == (280, 319)
    first, last = fall_of(one)
    assert first < 300 < last


@pytest.mark.parametrize("range_g", [2.0, 4.0])
def test_a_variation_saturates_as_a_cheap_sensor_does_and_keeps_gravity(range_g):
    rng = np.random.default_rng(1)
    by = replace(APP.config.training.variation, ranges_g=(range_g,), lost=0.0)
    made = vary(struck(200, 6, peak_g=9), 200_000, by, rng)
    assert np.abs(made).max() == range_g * ACCEL_PER_G
    assert np.median(np.linalg.norm(made.astype(float), axis=1)) == pytest.approx(ACCEL_PER_G, rel=0.1)


def test_variations_read_too_much_or_too_little_by_an_offset_and_a_scale_of_their_own():
    """At rest only these two are left: the length of gravity says how far off a variation is."""
    quiet = replace(APP.config.training.variation, strength=0.0, axis_gain=0.0, noise_g=0.0, lost=0.0, ranges_g=(16.0,))
    rest, rng = np.tile(np.int16([0, 0, ACCEL_PER_G]), (400, 1)), np.random.default_rng(0)

    def spread(by) -> float:
        lengths = [np.linalg.norm(vary(rest, 50_000, by, rng).mean(0)) / ACCEL_PER_G for _ in range(200)]
        assert abs(np.mean(lengths) - 1) < 0.03
        return float(np.std(lengths))

    assert spread(replace(quiet, scale=0.0, offset_g=0.0)) < 0.001
    assert spread(replace(quiet, offset_g=0.0)) == pytest.approx(quiet.scale / 3**0.5, rel=0.2)
    assert spread(replace(quiet, scale=0.0)) == pytest.approx(quiet.offset_g / 3**0.5, rel=0.2)


def test_a_stream_keeps_what_the_recordings_show_and_says_where_the_falls_are(data):
    app = FallDetection(replace(APP.config, streams=replace(APP.config.streams, copies=1)))
    for stream in app.streams(data, 0):
        of_subject = [one for one in data.items if one.subject == stream.subject]
        assert len(stream.truth) == sum(one.label == FALL for one in of_subject)
        assert stream.sensor == "accel"
        assert {one.label for one in stream.truth} == {FALL}
        for one in stream.truth:
            assert 0 < one.start < one.end < len(stream.samples)


def test_a_join_turns_recordings_but_changes_no_window_inside_them():
    one, other = struck(50, 6), struck(50, 6, peak_g=4) @ np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]], np.int16)
    joined, truth = join([Part(one, ((250, 350),)), Part(other, ())], blend=50)
    alone, together = (impacts(x, FRONT_END, 50_000, least=LEAST) for x in (other, joined))
    assert [truth[0].start, truth[0].end] == [300, 401]
    assert len(together.windows) >= 2
    differences = np.abs(together.windows.astype(int) - alone.windows[0]).reshape(len(together.windows), -1).max(1)
    assert differences.min() <= 1


class Sure:
    """A model that calls everything a fall, and counts its windows."""

    asked = 0

    def answers(self, inputs: np.ndarray) -> np.ndarray:
        self.asked += len(inputs)
        return np.tile(np.int8([-128, 127]), (len(inputs), 1))


def test_the_network_sees_impacts_only():
    quiet, model = struck(50, 6, seconds=60, peak_g=1.3), Sure()
    APP.score(Stream("someone", quiet, 50_000, (), "accel"), model)
    assert model.asked == 0
    made = APP.score(Stream("someone", struck(50, 6, seconds=60), 50_000, (), "accel"), model)
    assert model.asked == made.awake.sum() == 1
    assert made.sample[made.awake][0] / 50 == pytest.approx(6 + FRONT_END.after / 20, abs=0.15)


def test_simulated_people_are_the_same_for_the_same_seed(tmp_path):
    plan = Plan(people=2, falls=1, activities=1)
    one, again, other = (generate(plan, seed, tmp_path / name) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    rows = (one / "manifest.csv").read_text()
    assert rows == (again / "manifest.csv").read_text()
    files = [line.split(",")[0] for line in rows.splitlines()[1:]]
    assert len(files) == 2 * 9
    assert all((one / file).read_bytes() == (again / file).read_bytes() for file in files)
    assert any((one / file).read_bytes() != (other / file).read_bytes() for file in files)


@pytest.mark.parametrize("broken", [{"people": 1}, {"falls": 0}, {"activities": 101}])
def test_a_plan_that_cannot_be_is_refused(broken):
    with pytest.raises(UserError, match=r"expected 2\.\.26 people"):
        Plan(**broken)


def test_a_recording_without_gravity_or_in_another_unit_is_left_out_with_the_reason(data, tmp_path):
    folder = generate(Plan(people=2, falls=1, activities=1), 0, tmp_path / "set")
    first, second = (folder / "recordings" / f"sim_a_{name}_00.csv" for name in ("standing", "walking"))
    table = pd.read_csv(first)
    (table - table.mean()).to_csv(first, index=False)
    (pd.read_csv(second) / 9.80665).to_csv(second, index=False)
    left = {one.file: one.reason for one in APP.data(folder, 0).left_out}
    assert set(left) == {f"recordings/{first.name}", f"recordings/{second.name}"}
    assert all("expected acceleration with gravity" in reason for reason in left.values())


def test_a_set_without_gravity_is_refused(tmp_path):
    folder = generate(Plan(people=2, falls=1, activities=1), 0, tmp_path / "set")
    for path in (folder / "recordings").glob("*.csv"):
        table = pd.read_csv(path)
        around = table.rolling(25, center=True, min_periods=1).mean()  # gravity, however the wearer lies
        (table - around).to_csv(path, index=False)
    with pytest.raises(UserError, match=r"1 g while still\), found 0\.\d\d g; record it with gravity"):
        APP.data(folder, 0)


def test_gravity_is_felt_however_much_moves():
    rng = np.random.default_rng(0)
    samples = struck(50, 5.0) + rng.normal(0, 400, (600, 3)).astype(np.int16)
    assert felt_g(item(samples, ADL, 50).recording) == pytest.approx(1, abs=0.15)


def test_an_hour_counts_no_more_than_some_seconds():
    short, long = item(struck(50, 5.0), ADL, 50), item(np.tile(struck(50, 5.0), (10, 1)), ADL, 50)
    assert shares(short, 24) == 24
    assert shares(long, 24) == 4
    assert shares(long, 1) == 1
