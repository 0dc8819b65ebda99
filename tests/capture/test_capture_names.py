"""Nothing that a user or a file says leads out of the folder."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.capture import names
from ml.capture.last import Last
from ml.capture.manifest import COLUMNS, Manifest
from ml.capture.settings import Settings
from ml.errors import UserError

BAD = [
    "",
    "..",
    ".",
    "../x",
    "a/b",
    "a\\b",
    "/etc",
    "x" * 32,
    "a\nb",
    "a,b",
    '"',
    "e\u0301",  # not composed: another spelling of é
    "a\u202eb",  # turns what follows around
    "-x",
    " x",
    "x ",
    "x.",
    "con",
    "NUL.x",
    "a\0",
]


@pytest.mark.parametrize("name", BAD)
def test_names_that_are_no_folders_everywhere_are_refused(name):
    with pytest.raises(UserError):
        names.checked("label", name)


@given(st.text(max_size=40))
def test_whatever_is_accepted_is_one_folder_below_the_root(tmp_path_factory, name):
    root = tmp_path_factory.getbasetemp() / "root"
    try:
        names.checked("subject", name)
    except UserError:
        return
    assert (root / name).resolve().parent == root


@pytest.mark.parametrize("option", ["--label", "--subject", "--session"])
def test_the_tool_refuses_a_name_that_leads_elsewhere_before_it_opens_anything(host, tmp_path, option):
    done = host.collect(tmp_path / "data", option, "../../x", "--seconds", 1, "--yes").done()
    assert done.status == 1
    assert len(done.err.splitlines()) == 1
    assert "expected a" in done.err
    assert not list(tmp_path.rglob("*.csv"))


def test_kept_names_that_somebody_changed_are_checked_again(tmp_path):
    (tmp_path / "capture.json").write_text('{"subject": "../..", "session": "x"}')
    with pytest.raises(UserError):
        Settings.load(tmp_path)


def test_a_manifest_that_names_a_file_elsewhere_deletes_nothing(tmp_path):
    precious = tmp_path / "precious.csv"
    precious.write_text("x")
    root = tmp_path / "data"
    root.mkdir()
    row = dict.fromkeys(COLUMNS, "") | {"file": "../precious.csv", "label": "a", "subject": "b", "take": "1"}
    (root / "manifest.csv").write_text(f"{','.join(COLUMNS)}\n{','.join(row.values())}\n")
    manifest = Manifest(root)
    with pytest.raises(UserError):
        Last.of(manifest).discard()
    assert precious.exists()


def test_rows_that_others_wrote_stay_as_they_are(tmp_path):
    (tmp_path / "manifest.csv").write_text("file,label,subject,sample_rate_hz,hand\nx.csv,wave,bob,100,left\n")
    manifest = Manifest(tmp_path)
    manifest.put([dict.fromkeys(COLUMNS, "") | {"file": "y.csv", "label": "tap", "subject": "ann", "take": 1}])
    manifest.close()
    lines = (tmp_path / "manifest.csv").read_text().splitlines()
    assert lines[0].startswith("file,label,subject,sample_rate_hz,hand,session,")
    assert lines[1].startswith("x.csv,wave,bob,100,left,")
    assert lines[2].startswith("y.csv,tap,ann,")
