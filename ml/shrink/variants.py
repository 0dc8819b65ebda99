"""The variants: every technique once, the twins from scratch beside them, and all of them together."""

from dataclasses import dataclass

from ml.compress.recipe import PLAIN, Recipe, Step
from ml.errors import UserError

TUNING = 0.4  # epochs of a step that trains on, as a share of those of the first training
BASE = "int8"
FLOAT = "float"  # the baseline's network before it is quantised
FLOATS = "no float kernels on the boards"
WIDE = "the front ends give int8, twice the RAM"


@dataclass(frozen=True)
class Variant:
    """A recipe with a name."""

    name: str  # a folder's, too
    says: str  # what it is, in a few words
    recipe: Recipe
    twin: str = ""  # a smaller network from scratch, trained for as many epochs in all, against which it must gain
    on_hosts: str = ""  # why no board runs it; such a row is there to compare with

    def epochs(self, first: int) -> int:
        """Of all training; `first` are those of the network that it begins with."""
        restarted = [step.parameters["epochs"] for step in self.recipe.steps if step.do == "restart"]
        return restarted[-1] if restarted else first + sum(one.parameters.get("epochs", 0) for one in self.recipe.steps)


def _recipe(*steps: tuple[str, dict]) -> Recipe:
    return Recipe(tuple(Step(do, parameters) for do, parameters in steps))


def every(epochs: int) -> tuple[Variant, ...]:
    """For a network that was trained for so many epochs. Whatever trains on does so for `more` of them, and its twin
    from scratch for the sum."""
    more = max(2, round(TUNING * epochs))
    aware, whole = {"epochs": more}, {"epochs": epochs + more}
    narrow, plan = ("qat", aware | {"bits": 4}), ("plan", {"points": 1.0})
    corrected = ("round", {"correct_biases": True})
    half = ("prune.channels", {"keep": 0.5})
    return (
        Variant(BASE, "after training, ranges by min-max", PLAIN),
        Variant("int8-longer", "from scratch, as long as those that train on", _recipe(("restart", whole))),
        Variant("int8-mse", "after training, ranges by least squared error", _recipe(("round", {}))),
        Variant("int8-equalised", "layers equalised, biases corrected", _recipe(("equalise", {}), corrected)),
        Variant("int16", "activations of 16 bits", _recipe(("round", {"wide": True})), on_hosts=WIDE),
        Variant("float16", "weights of float16", _form("float16"), on_hosts=FLOATS),
        Variant("dynamic-range", "weights of 8 bits, sums in float", _form("dynamic-range"), on_hosts=FLOATS),
        Variant("int4", "weights of 4 bits after training", _recipe(("round", {"bits": 4}))),
        Variant("int4-aware", "weights of 4 bits, training aware of it", _recipe(narrow), "lean-scratch"),
        Variant("mixed", "4 bits where that costs little", _recipe(plan, ("qat", aware)), "lean-scratch"),
        Variant("lean-scratch", "seven tenths of the channels from scratch", _scratch(0.7, whole)),
        Variant("sparse", "a quarter of the weights left", _recipe(("prune.weights", aware | {"density": 0.25}))),
        Variant("half", "half of the channels, then tuned", _recipe(half, ("tune", aware)), "half-scratch"),
        Variant(
            "half-gradual",
            "channels go while it trains on",
            _recipe(("prune.gradual", aware | {"keep": 0.5})),
            "half-scratch",
        ),
        Variant("half-distilled", "then taught by the whole", _recipe(half, ("distil", aware)), "half-scratch"),
        Variant("half-scratch", "half of the channels from scratch", _scratch(0.5, whole)),
        Variant(
            "combined",
            "channels, distillation, a plan of bits, training aware of it",
            _recipe(half, ("distil", {"epochs": more // 2}), plan, ("qat", {"epochs": more - more // 2})),
            "third-scratch",
        ),
        Variant("third-scratch", "a third of the channels from scratch", _scratch(0.35, whole)),
    )


def _scratch(keep: float, whole: dict) -> Recipe:
    """The network that pruning leaves, without what it has learned."""
    return _recipe(("prune.channels", {"keep": keep, "criterion": "magnitude"}), ("restart", whole))


def _form(name: str) -> Recipe:
    return Recipe((), {"form": name})


def chosen(all_: tuple[Variant, ...], names: str | None) -> tuple[Variant, ...]:
    """Those of `--variants a,b`, with the baseline and the twins that they need; all where it is left out."""
    if names is None:
        return all_
    known = {one.name: one for one in all_}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    strange = [name for name in wanted if name not in known]
    if strange or not wanted:
        raise UserError(f"--variants: expected some of {', '.join(known)}, found {', '.join(strange) or 'none'}")
    needed = {BASE, *wanted, *(known[name].twin for name in wanted)}
    return tuple(one for one in all_ if one.name in needed)
