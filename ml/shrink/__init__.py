"""`python -m ml shrink`: variants of an application's model, or of a Keras file, each proved against honest baselines.

variants.py   the list: a name and a recipe each
subject.py    what is shrunk: an application, or a model of one's own (own.py)
make.py       walks the pipeline for each variant and seed; what it leaves is kept and found again
measure.py    what a variant costs on each board
paired.py     how two variants differ on the same items over the seeds
table.py      rows: who is dominated, whose gain is noise; the budget
page.py       the same as a page with Pareto plots
apply.py      a variant becomes the application's model
"""
