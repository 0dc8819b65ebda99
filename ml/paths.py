"""Where things are in the repository."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What was built or trained and need not be again. $THIMBLE_CACHE puts it elsewhere; deleting it is always safe.
CACHE = Path(os.environ.get("THIMBLE_CACHE") or ROOT / ".cache")
