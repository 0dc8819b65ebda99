"""Records labelled data from a board: lossless, or marked where it is not.

    python tools/collect.py --label wave                                   # keys: space records, q ends
    python tools/collect.py --label wave --seconds 2 --repeat 10 --yes     # for scripts
    python tools/collect.py --label clap --trigger level --before 0.2 --seconds 1 --repeat 20

docs/capture.md says what is written. Exit status: 0 all takes are whole, 1 an error, 3 something is missing and marked.
"""

import sys
from pathlib import Path
from typing import TypedDict, Unpack

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ml.capture import names, ports
from ml.capture.either import Either
from ml.capture.foreign import Foreign, parse_columns
from ml.capture.last import Last
from ml.capture.line import Line
from ml.capture.manifest import Manifest
from ml.capture.options import MOST_SECONDS, Options, remark, who
from ml.capture.recorder import Recorder, Source
from ml.capture.thimble import Thimble
from ml.capture.trigger import Rule
from ml.cli import Between, run_cli
from ml.errors import UserError
from ml.progress import echo, say
from tools.capture.playback import show
from tools.capture.script import run as run_script

INCOMPLETE = 3
FORMATS = ("auto", "thimble", "ei", "ssi", "csv")


class Given(TypedDict):
    """The command line, as click hands it over."""

    labels: tuple[str, ...]
    data: str
    subject: str | None
    session: str | None
    port: str | None
    format_: str
    streams: str | None
    columns: str | None
    length: float | None
    repeat: int
    countdown: float | None
    trigger: str | None
    before: float
    patience: float
    plot: bool
    source: str
    licence: str
    play_last: bool
    relabel_last: str | None
    discard_last: bool
    yes: bool


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--label", "labels", multiple=True, help="The label of the takes; give several for several keys.")
@click.option("--data", default="datasets/captured", show_default=True, help="Folder to record into: a data set.")
@click.option("--subject", help="The person who records. Kept until you name another.")
@click.option("--session", help="The session. Kept until you name another.")
@click.option(
    "--port", help="Device, virtual, host, an environment or socket://HOST:PORT. Default: the board plugged in."
)
@click.option("--format", "format_", type=click.Choice(FORMATS), default="auto", show_default=True, help="Protocol.")
@click.option("--streams", help="Only these streams, such as mic,imu. Default: all streams of the board.")
@click.option("--columns", help="Names and units for firmware that sends bare numbers: ax:g,ay:g,az:g")
@click.option("--seconds", "length", type=Between(0, MOST_SECONDS, min_open=True), help="Length of a take.")
@click.option("--repeat", type=click.IntRange(1, 100_000), default=1, show_default=True, help="Takes of each label.")
@click.option("--countdown", type=Between(0, 60), help="Seconds before each take. Default: 3 s at a terminal, else 0.")
@click.option("--trigger", help="Begin by itself: level[=dBFS] or motion[=g].")
@click.option("--before", type=Between(0, 60), default=0.0, help="Seconds kept from before the trigger.")
@click.option("--patience", type=Between(1, 3600), default=30.0, show_default=True,
              help="Seconds of silence after which the board is given up.")  # fmt: skip
@click.option("--plot", is_flag=True, help="Live signals at a terminal; otherwise a picture beside each take.")
@click.option("--source", default="", help="For the manifest: where the data is from.")
@click.option("--licence", default="", help="For the manifest: CC0-1.0, CC-BY-4.0, ...")
@click.option("--play-last", is_flag=True, help="No board: play and show the last take.")
@click.option("--relabel-last", metavar="LABEL", help="No board: give the last take another label.")
@click.option("--discard-last", is_flag=True, help="No board: remove the last take.")
@click.option("--yes", is_flag=True, help="Ask nothing, wait for no key.")
def collect(**given: Unpack[Given]) -> None:
    """Records labelled data from a board."""
    if given["play_last"] or given["relabel_last"] or given["discard_last"]:
        return _change_last(given)
    scripted = given["yes"] or not (sys.stdin.isatty() and sys.stdout.isatty())
    options = _options(given, scripted)
    with _Running(given, options) as recorder:
        whole = run_script(recorder, options) if scripted else _interactive(recorder, options)
    if not whole:
        sys.exit(INCOMPLETE)


def _change_last(given: Given) -> None:
    manifest = Manifest(_existing(given["data"]))
    try:
        last = Last.of(manifest)
        if given["relabel_last"]:
            last.relabel(given["relabel_last"])
            echo(f"take {last.number}: {last.label} is now {given['relabel_last']}")
        if given["play_last"]:
            for line in show(last):
                echo(line)
        if given["discard_last"]:
            last.discard()
            echo(f"take {last.number} ({last.label}) discarded")
    finally:
        manifest.close()


def _existing(folder: str) -> Path:
    root = Path(folder).expanduser().resolve()
    if not (root / "manifest.csv").is_file():
        raise UserError(f"{root}: expected a folder with recordings, found none; name it with --data")
    return root


def _interactive(recorder: Recorder, options: Options) -> bool:
    from tools.capture.interactive import run  # noqa: PLC0415 - a script needs none of it

    return run(recorder, options)


class _Running:
    """Line, source, folder and recorder, from opening to closing."""

    def __init__(self, given: Given, options: Options) -> None:
        self._given, self._options = given, options
        self._recorder: Recorder | None = None

    def __enter__(self) -> Recorder:
        manifest = Manifest(self._options.root)
        try:
            for line in manifest.recover():
                say(line)
            line = Line(ports.finder(self._given["port"]))
        except BaseException:
            manifest.close()
            raise
        before_s = self._options.before_s
        self._recorder = Recorder(line, self._source(line), manifest, self._options.patience_s, before_s)
        return self._recorder

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if self._recorder is not None:
            self._recorder.close()

    def _source(self, line: Line) -> Source:
        name, wanted = self._given["format_"], self._given["streams"]
        streams = {part.strip() for part in wanted.split(",")} if wanted else None
        columns = parse_columns(self._given["columns"]) if self._given["columns"] else None
        if name == "auto":
            return Either(line.write, streams, columns)
        return Thimble(line.write, streams) if name == "thimble" else Foreign(name, line.write, columns)


def _options(given: Given, scripted: bool) -> Options:
    root = Path(given["data"]).expanduser().resolve()
    if not given["labels"]:
        raise UserError("expected --label, found none; say what is recorded")
    labels = tuple(names.checked("label", label) for label in given["labels"])
    rule = Rule.parse(given["trigger"]) if given["trigger"] else None
    if scripted and given["length"] is None:
        raise UserError("expected --seconds, for nobody can press a key here; say how long a take is")
    root.mkdir(parents=True, exist_ok=True)
    ask = None if scripted else lambda kind: click.prompt(f"{kind.capitalize()} (kept for the next time)")
    settings = who(root, given["subject"], given["session"], ask)
    countdown = given["countdown"]
    return Options(
        root=root,
        labels=labels,
        subject=settings.subject,
        session=settings.session,
        source=remark("source", given["source"]),
        licence=remark("licence", given["licence"]),
        seconds=given["length"],
        repeat=given["repeat"],
        countdown=countdown if countdown is not None else 0.0 if scripted or rule else 3.0,
        rule=rule,
        before_s=given["before"],
        patience_s=given["patience"],
        plot=given["plot"],
    )


if __name__ == "__main__":
    run_cli(collect, "collect.py")
