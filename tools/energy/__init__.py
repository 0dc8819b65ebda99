"""Current of a device under test: meters, windows, energy, battery life."""
