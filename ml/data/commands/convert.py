"""`python -m ml data import` and `export`."""

import re
from pathlib import Path

import click

from ml.cli import Between
from ml.data.exports import FORMATS
from ml.data.exports.takes import export
from ml.data.imports.foreign import Asked
from ml.data.imports.importing import import_all
from ml.data.imports.umafall import check_position
from ml.data.imports.units import ACCEL, GYRO
from ml.data.names import RULE, composed, is_name
from ml.data.recordings import MAX_RATE_HZ
from ml.errors import UserError
from ml.paths import ROOT
from ml.progress import say

IMPORTED = ROOT / "datasets" / "imported"


def _name(context, parameter, text: str | None) -> str | None:
    if text is not None and not is_name(composed(text)):
        raise UserError(f"--{parameter.name}: expected {RULE}, found {text[:40]!r}")
    return text and composed(text)


def _pattern(context, parameter, text: str | None) -> re.Pattern | None:
    if not text:
        return None
    try:
        made = re.compile(text)
    except re.error as error:
        raise UserError(f"--name: expected a regular expression, found {text[:60]!r} ({error})") from None
    if not {"label", "subject", "session"} & set(made.groupindex):
        raise UserError("--name: expected a group (?P<label>...), (?P<subject>...) or (?P<session>...), found none")
    return made


@click.command("import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True))
@click.option("--out", type=click.Path(file_okay=False), help="New folder, instead of datasets/imported/<name>.")
@click.option("--label", callback=_name, help="The label of all recordings; otherwise from the files or their names.")
@click.option("--subject", callback=_name, help="The person who made the recordings; otherwise from the files.")
@click.option("--name", callback=_pattern, metavar="REGEX", help="With groups label, subject, session, in file names.")
@click.option("--rate", type=Between(1, MAX_RATE_HZ), help="Samples per second, if the files do not say.")
@click.option(
    "--accel-unit",
    type=click.Choice(list(ACCEL)),
    help="The accelerometer's unit, if the files do not state it or state it wrongly.",
)
@click.option("--gyro-unit", type=click.Choice(list(GYRO)), help="The gyroscope's unit, likewise.")
@click.option("--block", type=click.IntRange(0), help="Rows of one recording in a table of several; 0: all of them.")
@click.option("--position", default="rightpocket", show_default=True, help="The position of UMAFall's sensor.")
@click.option(
    "--whole", is_flag=True, help="Keep the manifest's label of a recording whose samples have labels of their own."
)
@click.option("--source", default="", help="The source, one line for the manifest.")
@click.option("--licence", default="", help="For the manifest: CC-BY-4.0, own recordings, ...")
def import_(paths: tuple[str, ...], out: str | None, source: str, licence: str, **said) -> None:
    """Make a data set of other tools' recordings: files and folders PATHS.

    Edge Impulse exports (JSON, CBOR, WAV), Speech Commands trees, UMAFall's files, ST's sensor logs, tables from a
    serial port, plain CSV. Several folders with a manifest.csv become one data set, also where the recordings lie in
    zip archives. The command reports everything odd.
    """
    for option, text in (("--source", source), ("--licence", licence)):
        if len(text) > 200 or not text.isprintable() or "\\" in text:
            raise UserError(
                f"{option}: expected one line of up to 200 characters without backslashes, found {text[:40]!r}"
            )
    asked = Asked(
        rate_hz=said["rate"], subject=said["subject"], label=said["label"], name=said["name"],
        accel_unit=said["accel_unit"], gyro_unit=said["gyro_unit"], block=said["block"],
        position=check_position(said["position"]), whole=said["whole"],
    )  # fmt: skip
    folder = Path(out) if out else IMPORTED / Path(paths[0]).resolve().stem
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder}: expected an empty or a new folder, found files in it; name another with --out")
    made = import_all([Path(path) for path in paths], folder, asked, source, licence)
    for note in made.notes:
        say(f"note: {note}")
    labels = ", ".join(f"{label} {count}" for label, count in made.labels.most_common(12))
    click.echo(f"{made.recordings} recordings of {len(made.subjects)} subjects in {folder}: {labels}")


@click.command("export")
@click.argument("data", type=click.Path(exists=True, file_okay=False))
@click.option("--format", "kind", required=True, type=click.Choice(list(FORMATS)))
@click.option("--out", required=True, type=click.Path(file_okay=False), help="New folder.")
@click.option(
    "--hmac-key", envvar="EI_HMAC_KEY", help="Signs Edge Impulse's JSON; also $EI_HMAC_KEY. Without it: unsigned."
)
def export_(data: str, kind: str, out: str, hmac_key: str | None) -> None:
    """Write the data set in folder DATA as other tools take it."""
    folder = Path(out)
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder}: expected an empty or a new folder, found files in it; name another with --out")
    write = FORMATS[kind]
    if kind == "edge-impulse":
        count = export(Path(data), folder, lambda takes, made: write(takes, made, hmac_key))
    else:
        count = export(Path(data), folder, write)
    click.echo(f"{count} recordings in {folder}")
