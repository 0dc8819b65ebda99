"""`python -m ml data check`: everything about a data set that a model would otherwise find out the hard way."""
