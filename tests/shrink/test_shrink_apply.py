"""A variant that becomes an application's model."""

import json


def test_what_is_applied_is_made_again_by_run(ml, quick, tmp_path):
    """The first training is that of the session's quick run."""
    ml("shrink", "gesture_recognition", "--quick", "--apply", "int4", "--out", tmp_path)
    header = tmp_path / "gesture_recognition_model.h"
    applied = header.read_bytes()
    assert applied != (quick / "gesture_recognition_model.h").read_bytes()
    compiled = json.loads((tmp_path / "compiled.json").read_text())
    assert compiled["flash_bytes"] < json.loads((quick / "compiled.json").read_text())["flash_bytes"]
    assert 'do = "round"' in (tmp_path / "recipe.toml").read_text()
    header.unlink()
    done = ml("run", "gesture_recognition", "--quick", "--out", tmp_path)
    assert "compress: as before" in done.stderr
    assert header.read_bytes() == applied
    assert (tmp_path / "report.html").is_file()
