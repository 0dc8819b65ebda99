"""Thimble's machine-learning side: `python -m ml --help`."""
