"""Behind tools/collect.py: from bytes on a line to labelled recordings of which is known whether anything is missing.

line -> source (thimble, foreign) -> recorder -> take -> files and manifest
"""
