"""Recordings and segments are labelled by keyboard, and long recordings open at once."""

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from studio_server import serve

from ml.capture.files import wav_header
from ml.capture.manifest import Manifest
from ml.data.audio import write_audio
from ml.data.manifest import load
from ml.errors import UserError
from ml.studio import segments
from ml.studio.segments import Book, Segment
from ml.studio.tracks import Track

RATE = 16000


def bursts(count: int, seconds: float = 4.0, seed: int = 0) -> np.ndarray:
    """int16 (n,): faint noise, and so many tones in it."""
    draw = np.random.default_rng(seed)
    made = draw.normal(0, 20, round(seconds * RATE))
    for start in np.linspace(0.4, seconds - 0.8, count):
        at = round(start * RATE)
        made[at : at + 6000] += 8000 * np.sin(2 * np.pi * 700 * np.arange(6000) / RATE)
    return made.astype(np.int16)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Thirty clips without a label yet, and one long recording with three sounds."""
    root = tmp_path_factory.mktemp("clips")
    rows = []
    for number in range(31):
        file = f"clip{number:02}.wav"
        write_audio(root / file, bursts(3, 4.0) if number == 0 else bursts(1, 1.5, number), RATE)
        rows.append(
            {"file": file, "label": "todo", "subject": f"s{number % 3}", "sample_rate_hz": RATE, "session": "x"}
        )
    manifest = Manifest(root)
    manifest.put(rows)
    manifest.close()
    return root


@pytest.fixture(scope="module")
def served(clips, workspace):
    made = serve(clips, workspace)
    yield made
    made.stop()


@pytest.fixture
def label(page):
    page.evaluate("location.hash = 'label'")
    page.wait_for_selector("body[data-ready=label]")
    return page


def open_first(page) -> None:
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("body[data-opened='clip00.wav']")


def test_segments_are_proposed_named_moved_and_undone_by_keyboard(label, clips):
    open_first(label)
    label.keyboard.press("c")
    label.wait_for_selector("[data-segment='2']")
    found = segments.load(clips / "clip00.wav")
    assert len(found) == 3
    for one, start in zip(found, np.linspace(0.4, 3.2, 3), strict=True):
        assert one.start_s == pytest.approx(start - 0.1, abs=0.06)
    label.keyboard.press("Enter")
    label.keyboard.type("knock")
    label.keyboard.press("Enter")
    label.wait_for_selector("[data-segment='0'] td:text('knock')")
    label.keyboard.press("n")
    label.wait_for_function("thimble.playing && thimble.playing.start > 16000")
    shown = label.inner_text("[data-segment='1'] td:nth-child(2)")
    label.keyboard.press("Shift+ArrowRight")
    label.wait_for_function(f"document.querySelector('[data-segment=\"1\"] td:nth-child(2)').textContent !== {shown!r}")
    assert segments.load(clips / "clip00.wav")[1].start_s > found[1].start_s
    label.keyboard.press("u")
    label.keyboard.press("Delete")
    label.wait_for_selector("[data-segment='2']", state="detached")
    label.keyboard.press("u")
    label.wait_for_selector("[data-segment='2']")
    kept = segments.load(clips / "clip00.wav")
    assert [one.label for one in kept] == ["knock", "", ""]
    assert [one.start_s for one in kept] == [one.start_s for one in found]


def test_named_segments_become_recordings_of_a_data_set_of_their_own(label, clips):
    open_first(label)
    for _ in range(2):  # the second time replaces the first
        with label.expect_response("**/api/label/cut"):
            label.click("#label-cut")
    label.wait_for_selector("#notice.said:not([hidden])")
    (item,) = load(clips / "segments", "mic").items
    assert (item.label, item.subject, item.more["note"][:24]) == ("knock", "s0", "cut from clip00.wav at 0")
    first = segments.load(clips / "clip00.wav")[0]
    samples = soundfile.read(clips / "clip00.wav", dtype="int16")[0]
    start = round(first.start_s * RATE)
    assert np.array_equal(item.recording.samples[:, 0], samples[start : round(first.end_s * RATE)])


def test_thirty_clips_are_labelled_by_keyboard_alone(label, clips):
    label.keyboard.press("/")
    label.keyboard.type("clip")
    label.keyboard.press("Escape")
    open_first(label)
    label.keyboard.press("ArrowDown")
    for number in range(1, 31):
        label.wait_for_selector(f"body[data-opened='clip{number:02}.wav']")
        label.keyboard.press("Enter")
        label.keyboard.type("yes" if number % 2 else "no")
        label.keyboard.press("Enter")
    label.wait_for_function("document.querySelectorAll('#recordings .dim').length === 31")
    label.wait_for_function("!document.querySelector('#recordings').textContent.includes('clip30.wavtodo')")
    manifest = Manifest(clips)
    labels = [row["label"] for row in manifest.rows]
    manifest.close()
    assert labels == ["todo", *(["yes", "no"] * 15)]


def test_two_pages_do_not_undo_each_others_work(label, context, served, clips):
    second = context.new_page()
    second.goto(served.address + "#label")
    second.wait_for_selector("body[data-ready=label]")
    for page in (label, second):
        page.keyboard.press("ArrowDown")
        page.wait_for_selector("body[data-opened='clip00.wav']")
    before = len(segments.load(clips / "clip00.wav"))
    label.keyboard.press("n")
    label.keyboard.press("Delete")
    second.wait_for_selector(f"[data-segment='{before - 1}']", state="detached")
    told = second.evaluate(
        "fetch('/api/label/segments', {method: 'POST', body: JSON.stringify({file: 'clip00.wav', version: 'old', "
        "segments: []})}).then((answer) => answer.json())"
    )
    assert "changed elsewhere" in told["error"]
    assert len(segments.load(clips / "clip00.wav")) == before - 1
    second.close()


def test_own_files_are_dropped_in_and_what_is_none_is_refused(label, clips, tmp_path):
    write_audio(tmp_path / "mine.flac", bursts(1, 1.0), RATE)
    (tmp_path / "broken.wav").write_bytes(b"RIFF\xff\xff\xff\x7fWAVEfmt ")
    label.click("details summary")
    label.set_input_files("#label-files", [tmp_path / "mine.flac"])
    label.wait_for_selector("[data-file='unknown/dropped/mine.flac']")
    label.set_input_files("#label-files", [tmp_path / "broken.wav"])
    label.wait_for_selector("#notice:not([hidden])")
    assert sorted(path.name for path in (clips / "unknown" / "dropped").iterdir()) == ["mine.flac"]
    assert load(clips, "mic").items[-1].label == "unlabelled"


def test_ten_hours_open_and_every_pixel_becomes_exact(tmp_path):
    """A sparse file: what is asked here is what is drawn, not how long it takes; docs/studio.md has that."""
    path, count = tmp_path / "long.wav", 10 * 3600 * RATE
    with path.open("wb") as file:
        file.write(wav_header(RATE, 2 * count))
        file.truncate(44 + 2 * count)
        file.seek(44 + 2 * (count // 2))
        file.write(np.int16(12345).tobytes())
    exact: list[bool] = []
    track = Track(path, RATE, lambda: exact.append(True))
    assert track.described()["seconds"] == 36000
    assert track.peaks(0, count, 1000).shape == (1000, 2, 1)
    while not exact:
        pass
    found = track.peaks(0, count, 1000)
    assert found[500, 1, 0] == np.float32(12345 / 32768) and np.count_nonzero(found) == 1
    assert track.peaks(count // 2 - 5, count // 2 + 5, 10)[5, 1, 0] == np.float32(12345 / 32768)


@given(st.integers(1, 3000), st.integers(0, 2500), st.integers(1, 3000), st.integers(1, 400))
def test_a_pixel_has_the_extremes_of_its_samples(tmp_path_factory, count, start, length, width):
    path = tmp_path_factory.getbasetemp() / "pixels.wav"
    samples = np.random.default_rng(count).integers(-32768, 32768, count).astype(np.int16)
    write_audio(path, samples, RATE)
    found = Track(path, RATE, lambda: None).peaks(start, start + length, width) * 32768
    edges = np.linspace(start, start + length, width + 1)
    for pixel in range(width):
        inside = samples[int(np.floor(edges[pixel])) : int(np.ceil(edges[pixel + 1]))]
        if len(inside):
            assert (found[pixel, 0, 0], found[pixel, 1, 0]) == (inside.min(), inside.max())
        else:
            assert np.isnan(found[pixel]).all()


times = st.floats(0, 1e5, allow_nan=False).map(lambda value: round(value, 6))
names = st.sampled_from(["", "ja", "größe"])
some = st.builds(lambda a, b, label: Segment(min(a, b), max(a, b), label), times, times, names)


@given(st.lists(some, max_size=20))
def test_audacitys_labels_come_out_as_they_went_in(made):
    assert segments.parse(segments.written(made)) == sorted(made)


@given(st.text())
def test_any_text_is_a_label_file_or_refused_in_one_line(text):
    try:
        segments.parse(text)
    except UserError as error:
        assert "\n" not in str(error)


def test_undo_knows_who_changed_what(tmp_path):
    book, path = Book(), tmp_path / "a.wav"
    first = book.save(path, [Segment(0, 1, "a")], segments.version([]))
    with pytest.raises(UserError, match="changed elsewhere"):
        book.save(path, [], segments.version([]))
    assert book.undo(path, segments.version(first)) == []
    with pytest.raises(UserError, match="can be undone"):
        book.undo(path, segments.version([]))
