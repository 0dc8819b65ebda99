"""`python -m ml data check`: finds faults of a data set before a model is trained with it."""
