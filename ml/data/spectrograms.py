"""Spoken words as log-mel images: a folder with one zip a word, `<word>.zip`, in which each clip is a grey JPEG named
`<speaker>_nohash_<take>.jpg`, 98 frames (every 10 ms) of 40 bands.

So somebody published the features of Speech Commands v0.02 without its sound (P. Warden, arXiv:1804.03209). A pixel is
9.911 ln(power) + 146.10: 40 triangles evenly spaced in HTK mel from 0 to 4000 Hz, whose peak is 1, over the squared
magnitudes of a transform of 512 points; Hann windows of 480 samples every 160, at 16 kHz, samples in -1..1. Power below
pixel 0 is lost, and the JPEG adds some noise.

found = load(Path("../shared/data/speech_gsc_logmel"))     # found.pixels: uint8 (n, 98, 40)
"""

import hashlib
import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from ml.data.fetching.unpack import BROKEN
from ml.data.names import names_of
from ml.data.untrusted import opened, why
from ml.errors import UserError
from ml.progress import track

FRAMES, BANDS = 98, 40
RATE_HZ, WINDOW, HOP, FFT, HIGH_HZ = 16000, 480, 160, 512, 4000.0
SLOPE, OFFSET = 9.911, 146.10  # of a pixel, over the natural logarithm of a power
SOURCE, LICENCE = "gsc2-logmel", "CC-BY-4.0"
CLIP = re.compile(r"(?P<speaker>[0-9a-f]{6,16})_nohash_\d{1,4}\.jpg")
MAX_ZIP = 64 << 20  # bytes
MAX_CLIPS = 20_000  # in a zip
MAX_CLIP = 64 << 10  # bytes of a JPEG of 3920 pixels


@dataclass(frozen=True)
class Spectrograms:
    """Images of words and who says them."""

    pixels: np.ndarray  # uint8 (n, 98, 40)
    words: np.ndarray  # str (n,)
    speakers: np.ndarray  # str (n,)
    hash: str  # SHA-256 of names and content
    left_out: int = 0  # files in the zips that are no such images

    def __len__(self) -> int:
        return len(self.words)

    def without(self, speakers: set[str]) -> "Spectrograms":
        """Those of everybody else."""
        mine = ~np.isin(self.speakers, sorted(speakers))
        return Spectrograms(self.pixels[mine], self.words[mine], self.speakers[mine], self.hash)


NONE = Spectrograms(np.empty((0, FRAMES, BANDS), np.uint8), np.empty(0, "U1"), np.empty(0, "U1"), "")


def is_tree(folder: Path) -> bool:
    """Whether a folder holds images and no recordings: zips of words, of which the first begins with such an image."""
    zips = sorted(folder.glob("*.zip"))
    if not zips:
        return False
    try:
        with opened(zips[0], MAX_ZIP) as file, zipfile.ZipFile(file) as archive:
            return any(CLIP.fullmatch(one.filename) for one in archive.infolist()[:1])
    except (UserError, *BROKEN):
        return False


def load(folder: Path) -> Spectrograms:
    """Reads every zip of a folder; UserError where one is broken or none holds an image."""
    zips = sorted(folder.glob("*.zip"))
    words = names_of({path.stem for path in zips})
    digest, pixels, labels, speakers, left_out = hashlib.sha256(), [], [], [], 0
    for path in track(zips, "reading images", len(zips)):
        for name, picture in _pictures(path):
            match = CLIP.fullmatch(name)
            if picture is None or match is None:
                left_out += 1
                continue
            digest.update(f"{path.stem} {name} ".encode() + picture.tobytes())
            pixels.append(picture)
            labels.append(words[path.stem])
            speakers.append(match["speaker"])
    if not pixels:
        raise UserError(f"{folder}: expected zips of images like 0a7c2a8d_nohash_0.jpg, found none; check the path")
    return Spectrograms(np.stack(pixels), np.array(labels), np.array(speakers), digest.hexdigest(), left_out)


def _pictures(path: Path) -> Iterator[tuple[str, np.ndarray | None]]:
    """Name and pixels, uint8 (98, 40), of each file in a zip; None for what is no such image."""
    try:
        with opened(path, MAX_ZIP) as file, zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > MAX_CLIPS:
                raise UserError(f"{path}: expected at most {MAX_CLIPS:,} images, found {len(members):,}; take some out")
            for one in members:
                usable = CLIP.fullmatch(one.filename) and one.file_size <= MAX_CLIP
                yield one.filename, _picture(_content(archive, one)) if usable else None
    except BROKEN as error:
        raise UserError(f"{path}: expected a zip of images, cannot read it ({why(error)}); fetch it again") from None


def _content(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> bytes:
    with archive.open(one) as member:
        return member.read(MAX_CLIP + 1)  # whatever the archive says of its size


def _picture(jpeg: bytes) -> np.ndarray | None:
    """None where it is no grey JPEG of that size, which is looked at before anything is decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
                if image.size != (BANDS, FRAMES) or image.mode != "L":
                    return None
                return np.asarray(image, np.uint8)
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError):
        return None
