"""Operators on int16 activations (weights stay int8): families of their own, registered as "CONV_2D int16" and so on.
Every module in this folder registers its own."""

import importlib
import pkgutil

for _module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
    importlib.import_module(f"{__name__}.{_module}")
