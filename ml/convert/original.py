"""A model in its own framework, as `ml convert` needs it, and what its converters have in common."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError

INSTALL = {"import": "'.[import]'", "import-torch": "'.[import-torch]'"}  # extras of pyproject.toml
# How converters name what they cannot convert.
NAMED = (
    re.compile(r"Flex ops:\s*([\w, ]+)"),
    re.compile(r"Custom ops:\s*([\w, ]+)"),
    re.compile(r"'(tf\.\w+)' op"),
    re.compile(r"([A-Z]\w*) OP is not yet implemented"),
    re.compile(r"[Ll]owering not found:?\s*([\w.:]+)"),
    re.compile(r"No lowering (?:rule )?(?:found )?for:?\s*([\w.:]+)"),
    re.compile(r"Unknown layer: '?(\w+)"),
)


@dataclass(frozen=True)
class Original:
    """`answers`: float32 [n, ...] -> [n, ...], in the framework's own layout. `converted`: the `.tflite` for examples
    as it takes them, float32 [n, ...], and 8 or 16 bits."""

    framework: str
    answers: Callable[[np.ndarray], np.ndarray]
    converted: Callable[[np.ndarray, int], bytes]
    channels_first: bool = False  # the `.tflite` takes channels last where the examples have two sides or more


def layout(original: Original, examples: np.ndarray) -> np.ndarray:
    """Examples as the `.tflite` takes them."""
    return turned(examples, original.channels_first)


def turned(examples: np.ndarray, channels_first: bool) -> np.ndarray:
    """Channels last, where there are sides beside them."""
    if channels_first and examples.ndim > 2:
        return np.ascontiguousarray(np.moveaxis(examples, 1, -1))
    return examples


def need(package: str, extra: str, suffix: str) -> None:
    """Refuses in one line where an optional package is missing."""
    if importlib.util.find_spec(package) is None:
        raise UserError(
            f"expected the package {package} for a {suffix} model, found none; install it with: "
            f"python -m pip install {INSTALL[extra]}"
        )


def refused(name: str, framework: str, error: BaseException) -> UserError:
    """A converter's complaint in one line, with the operators where it names them."""
    text = str(error)
    found = [
        word.strip().removeprefix("tf.")
        for pattern in NAMED
        for match in pattern.findall(text)
        for word in match.split(",")
    ]
    reason = next((line.strip() for line in text.splitlines() if line.strip()), type(error).__name__)
    what = f"operators that it cannot convert: {', '.join(dict.fromkeys(found))}" if found else reason[:200]
    return UserError(f"{name}: expected a model that the converter of {framework} takes, found {what}")


def single(name: str, what: str, count: int) -> None:
    if count != 1:
        raise UserError(f"{name}: expected one {what}, found {count}; convert a part of the model that has one")
