"""Whether a recording is what it claims to be. What is of no use is left out, with the reason (ml/data/manifest.py).

quality.problem(recording, label)    # one line, or None: what the pipeline asks of every recording
quality.findings(recording, label)   # all there is to say, for `python -m ml data check` and the report
"""

from ml.data.quality.signals import Finding, findings, problem

__all__ = ["Finding", "findings", "problem"]
