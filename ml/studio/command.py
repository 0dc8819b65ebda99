"""`python -m ml studio`: serves the page until Ctrl-C."""

import ipaddress
import secrets
import webbrowser
from pathlib import Path

import click

from ml.errors import UserError
from ml.pipeline.apps import APPS
from ml.progress import echo, say

PORT = 8642


@click.command("studio")
@click.option("--data", default="datasets/captured", show_default=True, help="The data set: recorded into, labelled.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="Of the page; 0: any.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--anyone", is_flag=True, help="Allow an address of --host that other computers reach.")
@click.option("--rig", type=click.Path(dir_okay=False, exists=True), help="A rig file: its boards on the panel Fleet.")
@click.option("--connect", metavar="BOARD", help="Connect this board at once, named as for tools/collect.py.")
@click.option("--judge", type=click.Choice(list(APPS)), help="Begin with this application judged by the data.")
@click.option("--open", "browser", is_flag=True, help="Open the page in a browser.")
def studio(
    *,
    data: str,
    port: int,
    host: str,
    anyone: bool,
    rig: str | None,
    connect: str | None,
    judge: str | None,
    browser: bool,
) -> None:
    """See a board's signals, record, label and judge, in a page on this computer."""
    from ml.served.listening import listen, names_of  # noqa: PLC0415
    from ml.studio import server  # noqa: PLC0415 - a second to import
    from ml.studio.state import Studio  # noqa: PLC0415

    _check_host(host, anyone)
    root = Path(data).expanduser().resolve()
    root.mkdir(parents=True, exist_ok=True)
    listening = listen(host, port)
    port = listening.getsockname()[1]
    made = Studio(root, Path(rig) if rig else None)
    token = secrets.token_urlsafe(24)
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}/?token={token}" + (f"#judge/{judge}" if judge else "")
    if connect:
        try:
            made.connect(connect)
        except BaseException:
            made.close()
            raise
    echo(f"studio: {address}")
    say(f"data set: {root}; Ctrl-C ends it")
    if browser:
        webbrowser.open(address)
    server.serve(made, listening, token, names_of(host, port))


def _check_host(host: str, anyone: bool) -> None:
    try:
        alone = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        raise UserError(f"--host: expected an address of this computer, found {host[:60]!r}; say 127.0.0.1") from None
    if not alone and not anyone:
        raise UserError(
            f"--host: expected an address of this computer alone (127.0.0.1), found {host}; whoever reaches it and has "
            "the token can record and change your data. If you want that, add --anyone"
        )
