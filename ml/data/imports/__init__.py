"""Recordings that other tools wrote, made into a data set as docs/data.md describes it. What is odd about them is put
right where that is certain, and told in any case."""
