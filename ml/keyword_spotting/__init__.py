"""Keyword spotting (apps/keyword_spotting/README.md).

Training: clips.py finds words in recordings, pictured.py has images of words beside them. material.py turns both into
rows of power (bands.py), of which windows.py mixes the windows of each epoch by the means of mixing.py. examples.py
adds what the network (network.py) took for a word, and learning.py trains it, from a checkpoint where there is one.

Judging: streams.py makes hours of sound from clips (augmentation.py), and kept_streams.py keeps them.
"""
