"""Subject and session, asked for once and kept beside the recordings."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ml.capture import names
from ml.errors import UserError
from ml.files import replace_file

FILE = "capture.json"


@dataclass(frozen=True)
class Settings:
    """What stays until something else is said."""

    subject: str = ""
    session: str = ""

    @classmethod
    def load(cls, root: Path) -> "Settings":
        """What was kept; names that somebody broke in the file are refused."""
        try:
            kept = json.loads((root / FILE).read_text())
            found = cls(*(str(kept.get(name, "")) for name in ("subject", "session")))
        except FileNotFoundError:
            return cls()
        except (OSError, ValueError, AttributeError):
            raise UserError(
                f"{root / FILE}: expected the kept subject and session, cannot read it; remove it"
            ) from None
        for kind, name in asdict(found).items():
            if name:
                names.checked(kind, name)
        return found

    def save(self, root: Path) -> None:
        replace_file(root / FILE, (json.dumps(asdict(self), indent=2) + "\n").encode())
