"""The applications: every folder of `ml/` with an `app.py`, whose class has the folder's name. `python -m ml new` makes
another."""

from ml.paths import ROOT


def class_of(name: str) -> str:
    """gesture_recognition -> GestureRecognition."""
    return "".join(part.capitalize() for part in name.split("_"))


APPS = {
    path.parent.name: f"ml.{path.parent.name}.app:{class_of(path.parent.name)}"
    for path in sorted((ROOT / "ml").glob("*/app.py"))
}
