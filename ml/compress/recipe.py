"""A recipe: what stands between training and the header, as named steps with parameters.

    [[step]]
    do = "prune.channels"
    keep = 0.5

    [[step]]
    do = "tune"
    epochs = 6

    [convert]
    form = "float16"

The same table, as JSON, is the key of the cache and the `plan.json` of a variant. An application's recipe is
`ml/<app>/recipe.toml`; without it the trained network is converted as it is.
"""

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml.errors import UserError

Parameters = dict[str, Any]  # of JSON: numbers, text, lists, tables


@dataclass(frozen=True)
class Step:
    """One technique of `ml/compress/steps.py`."""

    do: str
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """Steps over the Keras network, then the conversion."""

    steps: tuple[Step, ...] = ()
    convert: Parameters = field(default_factory=dict)

    def table(self) -> dict:
        """For JSON and TOML."""
        steps = [{"do": step.do} | step.parameters for step in self.steps]
        return {"step": steps, "convert": self.convert}


PLAIN = Recipe()


def of_table(table: dict, where: str) -> Recipe:
    """The reverse of `Recipe.table`. `where` names the source in the UserError for anything else."""
    strange = sorted(set(table) - {"step", "convert"})
    steps, convert = table.get("step", []), table.get("convert", {})
    if strange or not isinstance(steps, list) or not isinstance(convert, dict):
        raise UserError(f"{where}: expected [[step]] tables and [convert], found {', '.join(strange) or 'others'}")
    for step in steps:
        if not isinstance(step, dict) or not isinstance(step.get("do"), str):
            raise UserError(f'{where}: expected do = "..." in every [[step]], found {step!r:.80}')
    return Recipe(tuple(Step(one["do"], {key: one[key] for key in one if key != "do"}) for one in steps), convert)


def read(path: Path) -> Recipe:
    """The recipe in a TOML file; the plain one where there is no file."""
    if not path.is_file():
        return PLAIN
    try:
        return of_table(tomllib.loads(path.read_text()), path.name)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: expected TOML as in ml/compress/recipe.py, found: {error}") from None


def text(recipe: Recipe, title: str, by: str = "shrink") -> str:
    """TOML that `read` takes; `title` is its comment, `by` the command that writes it."""
    lines = [f"# {title}", f"# Written by: python -m ml {by} --apply"]
    for step in recipe.steps:
        lines += ["", "[[step]]", f"do = {_value(step.do)}"]
        lines += [f"{name} = {_value(value)}" for name, value in step.parameters.items() if value is not None]
    if recipe.convert:
        lines += ["", "[convert]", *(f"{name} = {_value(value)}" for name, value in recipe.convert.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(name)} = {_value(one)}" for name, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(value)  # numbers, text and truth are written alike in both
