"""One self-contained HTML page about a model: what it reached, what it costs, on which data."""
