"""Files written whole or not at all."""

from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Writes beside `path` first and then takes its place; leaves nothing of its own when that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.new")
    try:
        scratch.write_bytes(content)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
