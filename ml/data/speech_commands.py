"""Google's Speech Commands as published: a folder a word, `validation_list.txt`, `testing_list.txt` and, with long
recordings to mix in, `_background_noise_` (P. Warden, arXiv:1804.03209). The speaker is the part of a file's name
before `_nohash_`.
"""

import re
from pathlib import Path

from ml.data.names import names_of
from ml.data.rows import Row
from ml.data.untrusted import MAX_DOCUMENT, read_bytes
from ml.errors import UserError
from ml.files import inside

LISTS = {"validation": "validation_list.txt", "test": "testing_list.txt"}
NOISE = "_background_noise_"
RATE_HZ = 16000
CLIP = re.compile(r"(?P<speaker>[0-9a-f]{6,16})_nohash_(?P<take>\d{1,4})\.(wav|flac)")
SOUND = (".wav", ".flac")
SOURCE = "speech-commands"


def is_tree(folder: Path) -> bool:
    """A folder as the archive unpacks to."""
    return (folder / LISTS["test"]).is_file() or (folder / NOISE).is_dir()


def rows(folder: Path) -> list[Row]:
    """A row for each clip, with the published part; noise has its file's name for a subject and belongs to no part."""
    part = {file: part for part, name in LISTS.items() for file in _listed(folder / name)}
    files = sorted(path for path in folder.glob("*/*") if path.suffix in SOUND)
    words = names_of({path.parent.name for path in files})
    noises = names_of({path.stem for path in files if path.parent.name == NOISE})
    found = []
    for path in files:
        file = path.relative_to(folder).as_posix()
        label, clip = words[path.parent.name], CLIP.fullmatch(path.name)
        if label == NOISE:
            found.append(_row(folder, file, label, noises[path.stem], ""))
        elif clip and label:
            found.append(_row(folder, file, label, clip["speaker"], part.get(file, "train" if part else "")))
    if not found:
        raise UserError(f"{folder}: expected folders of words with files like 0a7c2a8d_nohash_0.wav, found none")
    return found


def _row(folder: Path, file: str, label: str, subject: str, part: str) -> Row:
    path = inside(folder, file)
    return Row(file, path, label, subject, RATE_HZ, source=SOURCE, licence="CC-BY-4.0", part=part)


def _listed(path: Path) -> list[str]:
    if not path.is_file():
        return []
    return [line.strip() for line in read_bytes(path, MAX_DOCUMENT).decode(errors="replace").splitlines()]
