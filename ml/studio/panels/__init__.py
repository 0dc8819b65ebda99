"""What each panel asks of the server: GET and POST are tables of path -> function(studio, said) -> JSON-able, or Bytes
for anything else. They are called in threads, and what is the user's to mend is a UserError."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ml.studio.said import Said
from ml.studio.state import Studio

Handler = Callable[[Studio, Said], Any]


@dataclass(frozen=True)
class Bytes:
    """An answer that is no JSON."""

    data: bytes
    kind: str = "application/octet-stream"
    name: str = ""  # the name of a download
