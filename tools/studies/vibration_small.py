"""What a smaller mixture, or fewer features, cost the vibration detector.

python tools/studies/vibration_small.py --data ../shared/data/vibration/fan_uci50
python tools/studies/vibration_small.py --data ... --only "half of the Gaussians"

Each speed is left out in turn, as `python -m ml anomaly` does it, without the autoencoder. Bytes are those of the
mixture's tables, products those of a window's distance (lib/anomaly/src/distance.c).
"""

import dataclasses
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.data import manifest
from ml.data.manifest import Dataset
from ml.native.anomaly import Gaussians
from ml.progress import say
from ml.vibration_anomaly.config import Config
from ml.vibration_anomaly.judging import judge_mixture
from ml.vibration_anomaly.pieces import by_speed
from ml.vibration_anomaly.study import leave_out
from ml.vibration_anomaly.study_table import summary

VARIANTS = {
    "committed": {},
    "half of the Gaussians": {"mixture": {"components": 5, "blind_components": 2}},
    "4 and 3 Gaussians": {"mixture": {"components": 4, "blind_components": 3}},
    "6 and 1 Gaussians": {"mixture": {"components": 6, "blind_components": 1}},
    "without kurtosis": {"front_end": {"statistics": ("variance", "mobility")}},
    "without mobility": {"front_end": {"statistics": ("variance", "kurtosis")}},
    "level alone": {"front_end": {"statistics": ("variance",)}},
}


@click.command()
@click.option("--data", required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--only", multiple=True, type=click.Choice(list(VARIANTS)))
@click.option("--seed", default=0, show_default=True)
def main(data: Path, only: tuple[str, ...], seed: int) -> None:
    """Judge smaller detectors at speeds that they have not heard."""
    loaded, console = by_speed(manifest.load(data, "accel")), Console(width=120)
    made = Table(title="speeds left out in turn; faults and normal recordings told + not to be judged, of")
    for name in ("variant", "bytes", "products", "area, all", "area, claimed", "faults", "claimed", "normal"):
        made.add_column(name, justify="left" if name == "variant" else "right")
    for name in only or VARIANTS:
        say(f"{name} ...")
        made.add_row(name, *row(loaded, changed(VARIANTS[name]), seed))
        console.print(made)


def changed(parts: dict[str, dict]) -> Config:
    """The configuration with some numbers of its parts changed."""
    whole = Config()
    new = {part: dataclasses.replace(getattr(whole, part), **values) for part, values in parts.items()}
    return dataclasses.replace(whole, **new)


def row(data: Dataset, config: Config, seed: int) -> list[str]:
    """The cells of a variant, all folds together."""
    judged, tables = zip(*(judge_mixture(fold, config, seed) for fold in leave_out(data)), strict=True)
    found = summary(list(judged))["mixture"]
    some = found["speeds that it says it can judge"] or found["together"]
    size = max((cost(one) for one in tables), default=(0, 0))
    areas = [f"{one['auc_windows'][0]:.3f}" for one in (found["together"], some)]
    told = [
        f"{one[0]} + {one[1]} of {one[2]}"
        for one in (found["together"]["faults"], some["faults"], found["together"]["normal"])
    ]
    return [f"{size[0]:,}", f"{size[1]:,}", *areas, *told]


def cost(tables: Gaussians) -> tuple[int, int]:
    """Bytes of the tables, and products of a distance: a triangle and a square for each Gaussian."""
    pairs = tables.inverse.shape[1]
    each = 2 * tables.features + 2 * pairs + 4
    return len(tables.mean) * each, len(tables.mean) * (pairs + tables.features)


if __name__ == "__main__":
    main()
