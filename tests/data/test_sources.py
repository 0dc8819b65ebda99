"""Licence and credit of recordings: from the manifest or what is known of their source; also in what is shipped."""

import re
from pathlib import Path

import pytest

from ml.data.rows import Row
from ml.data.sources import CATALOGUED, OTHERS, closed, credits, known, licence
from ml.paths import ROOT

HEADERS = sorted((ROOT / "lib").glob("*_model/*_model.h"))


def row(source="", licence=""):
    return Row("one.csv", Path("one.csv"), "left", "ann", 50.0, source=source, licence=licence)


def test_the_manifests_licence_goes_before_what_is_known():
    assert licence(row("gsc2-test", "own terms")) == "own terms"
    assert licence(row("gsc2-test")) == "CC-BY-4.0"
    assert licence(row("somebody")) == ""


@pytest.mark.parametrize("written", ["CC BY 4.0", "cc-by-4.0", "CC-BY-4.0"])
def test_licences_are_known_however_they_are_written(written):
    assert licence(row("x", written)) == "CC-BY-4.0"


def test_the_longest_name_that_fits_counts():
    assert "Lindholdt" in known("arduino-nano33ble:martinlindholdt/nano-gestures").credit
    assert "Standke" in known("arduino-nano33ble:AdamClarkStandke/TinyMachineLearning").credit
    assert known("own recordings") is None


def test_whoever_made_the_data_is_named_once():
    made = credits([("uhh-imu-gestures", "MIT"), ("uhh-imu-gestures-segment", "MIT"), ("own", ""), ("own", "")])
    assert made[0] == "own (no licence stated)"
    assert made[1].startswith("uhh-imu-gestures, uhh-imu-gestures-segment (MIT): Copyright (c) 2019 Stephan Tietz")
    assert len(made) == 2


def test_what_may_not_simply_be_passed_on_is_told():
    assert closed(["MIT", "", "Beerware", "CC-BY-4.0"]) == ["Beerware", "none stated"]
    assert closed(["Apache-2.0"]) == []


@pytest.mark.parametrize("source", [*CATALOGUED, *OTHERS])
def test_of_every_source_somebody_is_named(source):
    assert known(source).credit
    assert "\n" not in known(source).credit


@pytest.mark.parametrize("header", HEADERS, ids=lambda path: path.stem)
def test_whoever_made_the_data_of_a_shipped_model_stands_in_its_header_and_in_notice(header):
    unwrapped = header.read_text().replace("\n//     ", " ")
    lines = re.findall(r"^// training data: (.*)$", unwrapped, re.MULTILINE)
    assert lines, f"{header}: expected its training data, found none; compile it again"
    notice = " ".join((ROOT / "NOTICE").read_text().split())
    for line in lines:
        source, found = re.match(r"[^ ,(]+", line)[0], known(line)
        assert found is None or found.credit in line
        if source not in ("simulated", "espeak-ng"):
            assert found, f"{source}: expected it among the known sources (ml/data/sources.py)"
            assert found.credit in notice
            assert f"lib/{header.parent.name}" in notice
