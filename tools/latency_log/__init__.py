"""What `tools/latency.py` is made of: a log of each inference of a board, its figures, and the comparison of two."""
