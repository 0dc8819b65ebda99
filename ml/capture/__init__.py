"""From bytes on a line to labelled recordings, with every loss known. tools/collect.py and ml/studio record with it.

line -> source (thimble, foreign) -> recorder -> take -> files and manifest
"""
