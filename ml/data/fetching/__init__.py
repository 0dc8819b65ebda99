"""Public data sets: from the catalogue to an unpacked folder whose bytes are those that were meant."""
