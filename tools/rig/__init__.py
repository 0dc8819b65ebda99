"""Boards on a shelf, real and virtual, as pytest fixtures: docs/rig.md."""
