"""Checks whether bare samples without any mark still begin at the expected byte.

When bytes are lost, low and high bytes change places and columns change names. Signals of sensors change little from
one sample to the next; the same bytes read out of step jump about. So every block of samples is also read at each
other offset, and where another one is clearly smoother, the stream has slipped.
"""

import numpy as np

BLOCK = 32  # samples
SMOOTHER = 4.0  # times; by so much another offset must be better than this one
LEAST = 16.0  # counts; slower than that nothing can be told


class Alignment:
    """Cuts a stream into whole rows. Nothing is known of rows of float32: they are taken as they come."""

    def __init__(self, row: int, int16: bool) -> None:
        self._row, self._int16 = row, int16
        self.rows = 0  # that were taken

    def take(self, data: bytes, ended: bool = False) -> tuple[int, bytes]:
        """-> (bytes to skip first, whole rows after them). Both come off the front of `data`; the rest must come again.

        A block is given only when the next one is seen to be in step: where that has slipped, the slip may lie inside
        this one, and both are skipped.
        """
        block = BLOCK * self._row
        if not ended and len(data) < 2 * block + self._row:
            return 0, b""
        slipped = self._int16 and len(data) >= 2 * block + self._row
        offset = best_offset(data[block : 2 * block + self._row], self._row) if slipped else 0
        if offset:
            return block + offset, b""
        taken = data[:block] if len(data) >= 2 * block + self._row else data[: len(data) // self._row * self._row]
        self.rows += len(taken) // self._row
        return 0, taken


def best_offset(data: bytes, row: int) -> int:
    """0 where the rows of int16 begin at the front of `data` as far as one can tell, else where they begin."""
    roughness = [_roughness(data, row, offset) for offset in range(row)]
    best = int(np.argmin(roughness))
    return best if roughness[0] > SMOOTHER * max(roughness[best], LEAST) else 0


def _roughness(data: bytes, row: int, offset: int) -> float:
    """Mean change from one row to the next of the columns, in counts."""
    count = (len(data) - offset) // row
    rows = np.frombuffer(data, "<i2", count * row // 2, offset).reshape(count, row // 2).astype(float)
    return float(np.abs(np.diff(rows, axis=0)).mean())
