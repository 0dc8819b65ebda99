"""One self-contained HTML page about a model: its results, its cost, its data."""
