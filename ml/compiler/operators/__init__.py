"""The operators the compiler knows: every module in this folder registers its own, so a new operator is a new file."""

import importlib
import pkgutil

from ml.compiler.operators.base import FAMILIES, KERNELS, Lowered, Options, Unsupported, form, lower, lower_with

for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")

__all__ = ["FAMILIES", "KERNELS", "Lowered", "Options", "Unsupported", "form", "lower", "lower_with"]
