"""The parts of `tools/latency.py`: a log of each inference of a board, its figures, and the comparison of two logs."""
