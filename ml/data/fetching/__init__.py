"""Public data sets: from the catalogue to an unpacked folder with proven bytes."""
