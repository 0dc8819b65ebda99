"""The parts of tools/collect.py: from bytes on a line to labelled recordings, with every loss known.

line -> source (thimble, foreign) -> recorder -> take -> files and manifest
"""
