"""`python -m ml studio`: a local page that shows a board's signals, records, labels, and judges models.

state.py holds what there is, once. server.py answers requests; panels/ has a module for each panel, and page/ what the
browser draws: modules of JavaScript as they are, without a build step. ml/served says who may ask. The manual is
docs/studio.md.
"""
