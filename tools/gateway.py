#!/usr/bin/env python3
"""Takes the events of many boards, keeps them until they are handed on, and watches over the boards.

    python tools/gateway.py --config gateway.toml
    python tools/gateway.py check --config gateway.toml              # reads the settings, and starts nothing
    python tools/gateway.py enrol --config gateway.toml 1 --name door # a key for a node that sends datagrams
    python tools/gateway.py rollout start --config gateway.toml --group floor3 new.tmu       # and show, stop, resume
    python tools/gateway.py learn start --config gateway.toml --group floor3 gesture_recognition # and show, finish

Ctrl-C ends it; whatever it has acknowledged is kept. docs/gateway.md is the manual. Exit status: 0 it was ended, 1 an
error.
"""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ml.cli import Between, run_cli
from ml.errors import UserError
from ml.gateway import keys, reading
from ml.gateway.config import Config
from ml.gateway.lessons import Lessons
from ml.gateway.plans import RUNNING, STOPPED, UPDATED, Limits, Plans, percents, told
from ml.gateway.tables import NAME
from ml.progress import echo, say
from ml.update import keys as update_keys
from ml.update.package import read

CONFIG = click.option(
    "--config", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path), help="gateway.toml"
)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="gateway.toml")
@click.pass_context
def gateway(context: click.Context, config: Path | None) -> None:
    """Run a gateway until Ctrl-C; the commands are for what is done beside it."""
    if context.invoked_subcommand:
        return
    if config is None:
        raise click.UsageError("expected --config with a gateway's settings, found none; docs/gateway.md shows some.")
    read = reading.read(config)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_run(read))


async def _run(config: Config) -> None:
    from ml.gateway.service import Gateway  # noqa: PLC0415 - a second to import

    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    async with Gateway(config) as running:
        for line in running.described():
            say(line)
        await running.run()


@gateway.command()
@CONFIG
def check(config: Path) -> None:
    """Read the settings and say what they mean; start nothing."""
    made = reading.read(config)
    echo(
        f"{config}: good; {len(made.boards)} boards, {len(keys.read(made.nodes.keys)) if made.nodes else 0} keys, "
        f"{len(made.rules)} rules"
    )


@gateway.command()
@CONFIG
@click.argument("node", type=click.IntRange(0, 2**32 - 1))
@click.option("--name", default="node", show_default=True, help="What people call it; several are NAME-NODE.")
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 1_000_000), help="Nodes from NODE on.")
def enrol(config: Path, node: int, name: str, count: int) -> None:
    """Make keys for nodes that send datagrams, and print them for the nodes."""
    made = reading.read(config)
    if made.nodes is None:
        raise UserError(f"{config}: expected [nodes], whose keys these are, found none")
    if not NAME.fullmatch(name):
        raise UserError(f"--name: expected letters, digits, _ . and -, found {name[:60]!r}")
    for one in keys.add(made.nodes.keys, node, count, name):
        echo(f"{one.node} {one.key.hex()} {one.name}")


@gateway.group()
def rollout() -> None:
    """Give nodes another image in stages; the gateway that runs does it."""


@rollout.command()
@CONFIG
@click.argument("image", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--group", required=True, help="A [[group]] of the settings.")
@click.option("--key", metavar="KEYS", help="Product, or file of its keys, that must have signed.")
@click.option("--stages", default="1,10,100", show_default=True, help="Percent of the nodes, rising to 100.")
@click.option(
    "--watch",
    default=3600.0,
    show_default=True,
    type=Between(0, 7 * 86400),
    help="Seconds in which events are looked at, before the first stage and behind each.",
)
@click.option(
    "--most-failed",
    default=0.1,
    show_default=True,
    type=Between(0, 1),
    help="Share of the nodes that were tried: if more have failed, it stops.",
)
@click.option(
    "--rise",
    default=1.5,
    show_default=True,
    type=Between(1, 1000),
    help="It stops if nodes with the image tell more than so many times the events of before.",
)
def start(
    config: Path, image: Path, group: str, key: str | None, stages: str, watch: float, most_failed: float, rise: float
) -> None:
    """Begin a rollout of IMAGE, an update file (.tmu)."""
    made, update = reading.read(config), read(image)
    if key:
        update_keys.read(key).verify(update)
    patterns = _group(made, group)
    limits = Limits(percents(stages), watch, most_failed, rise)
    title = f"{update.manifest.app} {update.manifest.version}"
    number = _plans(made).add(title, update.encode(), patterns, limits)
    echo(f"rollout {number}: {title} to {group}; its events are looked at for {watch:g} s first")


@rollout.command()
@CONFIG
def show(config: Path) -> None:
    """How far the rollouts are, and which nodes are not done."""
    plans = _plans(reading.read(config))
    for plan in plans.all():
        echo(told(plan, plans.states(plan.number)))
        for one in plans.states(plan.number).values():
            if one.state != UPDATED:
                echo(f"  {one.node}: {one.state}{f', {one.note}' if one.note else ''}")


@rollout.command()
@CONFIG
@click.argument("number", type=int)
def stop(config: Path, number: int) -> None:
    """Stop rollout NUMBER: no further node gets the image, and those that have it keep it."""
    _plans(reading.read(config)).switch(number, STOPPED, "a person stopped it")
    echo(f"rollout {number} is stopped")


@rollout.command()
@CONFIG
@click.argument("number", type=int)
def resume(config: Path, number: int) -> None:
    """Go on with rollout NUMBER, which was stopped; nodes that have failed are tried once more."""
    _plans(reading.read(config)).switch(number, RUNNING)
    echo(f"rollout {number} goes on")


@gateway.group()
def learn() -> None:
    """Let nodes improve their model together, round by round: docs/fleet_learning.md."""


MODEL = click.option(
    "--model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the model that nodes run; the committed one when left out.",
)


@learn.command("start")
@CONFIG
@click.argument("app")
@MODEL
@click.option("--group", required=True, help="A [[group]] of the settings.")
@click.option(
    "--kind", default="sums", show_default=True, type=click.Choice(["sums", "updates"]), help="What they send."
)
def ask(config: Path, app: str, model: Path | None, group: str, kind: str) -> None:
    """Ask for a round; the gateway that runs collects it."""
    from ml.fleet.image import base_of  # noqa: PLC0415 - a second to import
    from ml.fleet.settings import Settings  # noqa: PLC0415

    made = reading.read(config)
    patterns, learner = _group(made, group), base_of(app, model).learner()
    given = (learner.hash, learner.size, learner.logit_unit, Settings(kind=kind), patterns)
    echo(f"round {_lessons(made).ask(*given)}: {kind} of {group} for the model {learner.hash.hex()}")


@learn.command("show")
@CONFIG
def rounds(config: Path) -> None:
    """The rounds, and what became of them."""
    for one in _lessons(reading.read(config)).all():
        echo(one.line())


@learn.command()
@CONFIG
@click.argument("app")
@click.argument("number", type=int)
@MODEL
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the new model."
)
@click.option("--sign", required=True, metavar="KEYS", help="Product, or file of its keys.")
@click.option("--counter", required=True, type=click.IntRange(1, 2**32 - 1), help="Above that of every update before.")
def finish(config: Path, app: str, number: int, model: Path | None, out: Path, sign: str, counter: int) -> None:
    """Make the model of a round's sums, and the signed update that `rollout start` gives the nodes."""
    from ml.fleet.image import base_of, published  # noqa: PLC0415

    product = update_keys.read(sign)
    lesson, sums = _lessons(reading.read(config)).sums(number)
    update = published(base_of(app, model), lesson.offer(), sums, out, product, counter)
    update.write(out / f"{app}.tmu")
    echo(f"wrote {out / app}.tmu: {update.sent:,} B to send; the next round begins with --model {out}")


def _group(config: Config, group: str) -> tuple[str, ...]:
    if group not in config.groups:
        raise UserError(f"--group: expected one of {', '.join(config.groups) or 'none'}, found {group[:60]!r}")
    return config.groups[group]


def _lessons(config: Config) -> Lessons:
    _plans(config).close()
    return Lessons(config.store)


def _plans(config: Config) -> Plans:
    if not config.store.exists():
        raise UserError(f"{config.store}: expected the outbox of a gateway, found none; start the gateway first")
    return Plans(config.store)


if __name__ == "__main__":
    run_cli(gateway, "gateway.py")
