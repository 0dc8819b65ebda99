"""Many boards updated at once."""
