"""Sets the line numbers of docs/walk.md right: `python tests/docs/walk.py`.

A link there looks like [`name`](../file#L12 "text"): line 12 of the file is the first that contains the text.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "walk.md"
LINK = re.compile(r'\]\(\.\./(?P<file>[^#)\s]+)#L(?P<line>\d+)\s+"(?P<text>[^"]+)"\)')


def right(link: re.Match) -> str:
    """The link with the line where its text stands now; of a text that stands nowhere, the link as it is."""
    number = line_of(ROOT / link["file"], link["text"])
    return link.group() if number is None else link.group().replace(f"#L{link['line']}", f"#L{number}", 1)


def line_of(file: Path, text: str) -> int | None:
    lines = file.read_text().splitlines() if file.is_file() else []
    return next((number for number, line in enumerate(lines, 1) if text in line), None)


if __name__ == "__main__":
    PAGE.write_text(LINK.sub(right, PAGE.read_text()))
