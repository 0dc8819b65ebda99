"""Front end and network of an application as a search found them, and `design.toml`, where they are kept.

    [front_end]            # fields of the application's front end that differ from its own
    window = 32

    [[block]]              # ml/design/blocks.py
    kind = "separable"
    width = 16
    kernel = 5

    [head]
    head = "average"

`ml/<app>/design.toml` is the application's, `<folder>/design.toml` that of a run with `--out`.
"""

import dataclasses
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml.design.blocks import Block, Blocks
from ml.errors import UserError

FILE = "design.toml"


@dataclass(frozen=True)
class Design:
    """What is not named stays as the application has it."""

    front_end: dict[str, Any] = field(default_factory=dict)  # "log_mel.mel": 20 for a field of a field
    network: Blocks | None = None

    def table(self) -> dict:
        """For JSON and TOML."""
        if self.network is None:
            return {"front_end": self.front_end}
        blocks = [_said(one, Block("plain", 1)) | {"kind": one.kind, "width": one.width} for one in self.network.blocks]
        head = {name: value for name, value in _said(self.network, Blocks(())).items() if name != "blocks"}
        return {"front_end": self.front_end, "block": blocks, "head": head}


def _said(one: Any, usual: Any) -> dict:
    """The fields that are not as usual."""
    found = {field.name: getattr(one, field.name) for field in dataclasses.fields(one)}
    return {name: value for name, value in found.items() if value != getattr(usual, name)}


def of_table(table: dict, where: str) -> Design:
    """The reverse of `Design.table`. `where` names the source in the UserError for anything else."""
    strange = sorted(set(table) - {"front_end", "block", "head"})
    front_end, blocks, head = table.get("front_end", {}), table.get("block", []), table.get("head", {})
    if strange or not isinstance(front_end, dict) or not isinstance(blocks, list) or not isinstance(head, dict):
        raise UserError(f"{where}: expected [front_end], [[block]] and [head], found {', '.join(strange) or 'others'}")
    try:
        made = tuple(Block(**{name: _pair(value) for name, value in block.items()}) for block in blocks)
        return Design(front_end, Blocks(made, **head) if made else None)
    except (TypeError, AttributeError) as error:
        raise UserError(f"{where}: expected blocks as in ml/design/blocks.py, found: {error!s:.120}") from None


def _pair(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def read(path: Path) -> Design:
    """The design in a TOML file; one that changes nothing where there is no file."""
    if not path.is_file():
        return Design()
    try:
        return of_table(tomllib.loads(path.read_text()), path.name)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: expected TOML as in ml/design/design.py, found: {error}") from None


def text(design: Design, title: str) -> str:
    """TOML that `read` takes; `title` is its comment."""
    table = design.table()
    lines = [f"# {title}", "# Written by: python -m ml search --apply", "", "[front_end]"]
    lines += [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in table["front_end"].items()]
    for block in table.get("block", []):
        lines += ["", "[[block]]", *(f"{name} = {json.dumps(value)}" for name, value in block.items())]
    if "head" in table:
        lines += ["", "[head]", *(f"{name} = {json.dumps(value)}" for name, value in table["head"].items())]
    return "\n".join(lines) + "\n"


def changed(config: Any, values: dict[str, Any]) -> Any:
    """A frozen dataclass with other values; "a.b" names a field of its field. UserError where there is none."""
    for name, value in values.items():
        first, _, rest = name.partition(".")
        if first not in {one.name for one in dataclasses.fields(config)}:
            raise UserError(f"design: expected a field of {type(config).__name__}, found {first!r}")
        config = dataclasses.replace(
            config, **{first: changed(getattr(config, first), {rest: value}) if rest else value}
        )
    return config
