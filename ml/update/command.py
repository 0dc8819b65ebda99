"""`python -m ml keys`: key pairs that sign updates."""

from pathlib import Path

import click

from ml.errors import UserError
from ml.files import replace_file
from ml.paths import ROOT
from ml.progress import echo
from ml.update import keys as store
from ml.update.keys import MOST_KEYS, Keys, Pair

HEADER = ROOT / "update_keys.h"
PRODUCT = click.argument("product")
OUT = click.option("--header", "header", type=click.Path(dir_okay=False, path_type=Path), default=HEADER,
                   help="Header for the firmware; update_keys.h beside platformio.ini when left out.")  # fmt: skip


@click.group("keys")
def keys_() -> None:
    """Make, show and exchange the keys that sign the updates of a product.

    Private keys are in the user's settings, one file a product, or in the folder $THIMBLE_KEYS. Keep a copy of the file
    in a safe place: without it no board of the product takes an update any more.
    """


@keys_.command()
@PRODUCT
@OUT
def new(product: str, header: Path) -> None:
    """Make the first pair of a product and the header for its firmware."""
    made = Keys(product, (Pair.new(),))
    path = store.write(made, new=True)
    _told(made, header)
    echo(f"private key in {path}: keep a copy where nobody else finds it")


@keys_.command()
@click.argument("product", required=False)
def show(product: str | None) -> None:
    """Print the ids and public keys of a product, or of all; no private key."""
    for name in [product] if product else store.products():
        found = store.read(name)
        for pair in found.pairs:
            signs = ", signs" if pair == found.pairs[-1] else ""
            echo(f"{found.product} {pair.id.hex()}: public key {pair.public.hex()}{signs}")


@keys_.command()
@PRODUCT
@OUT
def rotate(product: str, header: Path) -> None:
    """Make a second pair, which signs from now on; firmware with the new header takes both.

    Boards with older firmware take what `pack --key OLD` signs.
    """
    found = store.read(product)
    if len(found.pairs) == MOST_KEYS:
        raise UserError(
            f"expected one key of {product}, found two: first end that exchange with: python -m ml keys drop"
        )
    made = Keys(product, (*found.pairs, Pair.new()))
    store.write(made, new=False)
    _told(made, header)


@keys_.command()
@PRODUCT
@click.argument("key")
@OUT
def drop(product: str, key: str, header: Path) -> None:
    """Forget the pair with the id KEY for good, when all boards have firmware with the other one."""
    found = store.read(product)
    gone = found.pair(key)
    if len(found.pairs) == 1:
        raise UserError(f"expected two keys of {product}, found one: without it no board takes an update; rotate first")
    made = Keys(product, tuple(pair for pair in found.pairs if pair != gone))
    store.write(made, new=False)
    _told(made, header)


@keys_.command("header")
@PRODUCT
@OUT
def header_(product: str, header: Path) -> None:
    """Write the header for the firmware again."""
    _told(store.read(product), header)


def _told(keys: Keys, header: Path) -> None:
    replace_file(header, keys.header().encode())
    ids = " and ".join(pair.id.hex() for pair in keys.pairs)
    echo(f"wrote {header} with {ids} of {keys.product}; {keys.pairs[-1].id.hex()} signs")
