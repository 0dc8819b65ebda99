"""A variant becomes the application's model: its recipe, then header and report as `python -m ml run` makes them."""

from dataclasses import replace
from pathlib import Path

from ml.commands.run import compile_
from ml.compress import recipe
from ml.errors import UserError
from ml.files import replace_file
from ml.paths import ROOT
from ml.pipeline.run import Run
from ml.pipeline.summary import print_summary
from ml.progress import say
from ml.report import page
from ml.shrink.variants import Variant


def apply(run: Run, variant: Variant) -> Path:
    """Returns the recipe's path. Its stages are those of the comparison's first seed, so nothing is trained again."""
    if variant.on_hosts:
        raise UserError(f"--apply: expected a variant that boards run, found {variant.name}: {variant.on_hosts}")
    path = (Path(run.out) if run.out else ROOT / "ml" / run.app) / "recipe.toml"
    task = replace(run.task(variant.recipe), recipe=variant.recipe)
    run.save()
    compile_(run, task)
    replace_file(path, recipe.text(variant.recipe, f"{variant.name}: {variant.says}").encode())
    say(f"report: {page.write(run.folder)}")
    print_summary(run.folder)
    return path


def named(variants: tuple[Variant, ...], name: str) -> Variant:
    """The variant of that name."""
    found = next((one for one in variants if one.name == name), None)
    if not found:
        raise UserError(f"--apply: expected one of {', '.join(one.name for one in variants)}, found {name!r}")
    return found
