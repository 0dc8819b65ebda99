"""BATCH_MATMUL: two int8 matrices, either of them made at run time."""
