"""What a search may change of an application: its front end and its network, as data.

blocks.py    a network as a row of blocks
layers.py    the same as operators: the one description from which both the prediction and the Keras network are made
network.py   the Keras network
design.py    front end and blocks together; `design.toml`, where `python -m ml search --apply` writes what was found
space.py     the designs among which a search chooses
"""
