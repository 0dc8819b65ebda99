"""Compiles the C of `lib/` for this computer and loads it: training and tests run the code that ships."""

from ml.native.build import build, load

__all__ = ["build", "load"]
