#!/usr/bin/env python3
"""Asks of each recording in a folder whether the device would have believed its sensor.

python tools/studies/health_recordings.py ../shared/data/falls/pocket200 accelerometer
"""

import sys
from collections import Counter
from pathlib import Path

import click
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.data.manifest import load
from ml.native.health import SENSORS, limits, watch

TRACKS = {1: "mic", 3: "accel", 6: "imu"}  # by channels


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("sensor", type=click.Choice(SENSORS))
def cli(folder: Path, sensor: str) -> None:
    """Counts the recordings in FOLDER in which something is told of the SENSOR."""
    config, told, seconds = limits(sensor), Counter(), 0.0
    items = load(folder, TRACKS[config.channels]).items
    for item in items:
        samples = np.ascontiguousarray(item.recording.samples[:, : config.channels])
        found = watch(samples, config, item.recording.rate_mhz)
        told.update({reason for fault in found.faults for reason in fault.reasons})
        seconds += item.recording.seconds
    click.echo(f"{len(items)} recordings, {seconds / 3600:.2f} h: {dict(told) or 'nothing is told'}")


if __name__ == "__main__":
    run_cli(cli, "health_recordings")
