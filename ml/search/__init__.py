"""`python -m ml search`: a budget goes in, a trained, compiled and verified model comes out (docs/search.md).

subject.py    what is searched: an application, its data, and who may judge candidates
cost.py       what a candidate costs, before anything is trained; the smallest of a space
study.py      the Optuna study in its journal file: proposals, constraints, trials of processes that died
candidate.py  a candidate trained for a few epochs, then for more, unless it is hopeless
loop.py       trials until there are enough, here or on a cluster (cluster.py)
finalists.py  the best, trained fully with several seeds, compiled, verified, and judged by the test's people
page.py       the result as a page; apply.py makes it the application's model
"""
