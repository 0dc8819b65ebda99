"""Simulated people make ten gestures with a motion sensor in their hand, so that everything runs without any data.

A small physical model: `strokes` (how a hand moves), `gestures` (which strokes make which gesture), `people` (how each
person does it), `sensor` (what an accelerometer and a gyroscope make of it), `takes` (whole recordings and the folder).

Figures reached on simulated people say that the machinery works; they say nothing about real people.
"""

from ml.data.synthesis.takes import Plan, generate

__all__ = ["Plan", "generate"]
