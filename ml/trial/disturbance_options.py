"""The options of `evaluate` that change what the sensor gives, before the device's front end sees it."""

from collections.abc import Callable

import click

from ml.cli import Between
from ml.trial.disturbances import NOISES, Disturbance

LOUD_DB, COUNTS = 120, 65535
DB, ANGLE = Between(-LOUD_DB, LOUD_DB), Between(-360, 360)
OPTIONS = [
    click.option("--gain", type=DB, default=0.0, metavar="DB", help="Louder, or softer below 0."),
    click.option("--offset", type=Between(-COUNTS, COUNTS), default=0.0, metavar="COUNTS", help="On every channel."),
    click.option("--snr", type=DB, metavar="DB", help="Adds noise: the ratio of signal to noise."),
    click.option("--noise", type=click.Choice(NOISES), help="With --snr: which noise; white when left out."),
    click.option("--clip", type=Between(1, COUNTS), metavar="COUNTS", help="The most that the sensor gives."),
    click.option("--rate", type=Between(-50, 100), default=0.0, metavar="PERCENT", help="The sensor's clock is fast."),
    click.option("--rotate", type=ANGLE, default=0.0, metavar="DEGREES", help="Turned about a random axis."),
    click.option("--tilt", type=ANGLE, default=0.0, metavar="DEGREES", help="Turned so that gravity moves by it."),
    click.option("--swap-axes", type=click.IntRange(0, 2), default=0, help="1: x is read as y, y as z; 2: x as z."),
    click.option("--no-gravity", is_flag=True, help="The accelerometer's mean over a second is taken away."),
    click.option("--dead-axis", type=click.IntRange(0, 5), multiple=True, help="A channel that reads 0; from 0 on."),
    click.option("--freeze", type=Between(0, 1), metavar="SHARE", help="From there on every value stays; 0: always."),
]


def disturbing(command: Callable) -> Callable:
    """Adds the options to a command, which gets them under the names of `Disturbance`."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def asked(given: dict) -> Disturbance:
    """What the options say."""
    if given["noise"] and given["snr"] is None:
        raise click.UsageError("--noise: expected --snr with it, found none; such as --snr 10")
    return Disturbance(**given | {"noise": given["noise"] or "white", "dead_axis": tuple(given["dead_axis"])})
