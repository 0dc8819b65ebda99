"""A model as source code for other people's firmware: `python -m ml export`."""
