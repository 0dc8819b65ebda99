"""One update out of the groups' sums, of which a minority may be anything.

The coordinate-wise trimmed mean of Yin et al. (ICML 2018), over groups, as single updates are not seen: a member that
lies spoils its own group, and the group is cut off wherever it stands out.
"""

from collections.abc import Sequence

import numpy as np

from ml.fleet.group import AbortError, Sum


def combined(sums: Sequence[Sum], trim: float) -> np.ndarray:
    """float64 (values,). Of three groups and more, `trim` of them at each end, one at least, are left out, value by
    value; of one or two nobody can say which is wrong, and they are averaged by their members."""
    if not sums:
        raise AbortError("expected the sum of a group or more, found none; nothing has changed in this round")
    means = np.stack([one.mean for one in sums])
    if len(sums) < 3:
        return np.average(means, axis=0, weights=[one.members for one in sums])
    cut = min(max(1, round(trim * len(sums))), (len(sums) - 1) // 2) if trim else 0
    return np.sort(means, axis=0)[cut : len(sums) - cut].mean(axis=0)
