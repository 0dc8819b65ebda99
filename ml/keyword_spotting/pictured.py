"""Recordings with images of words beside them (ml/data/spectrograms.py): images only train, recordings judge too."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from ml.data.manifest import Dataset
from ml.data.sources import credits
from ml.data.spectrograms import LICENCE, NONE, SOURCE, Spectrograms
from ml.errors import UserError
from ml.progress import say


@dataclass(frozen=True)
class Pictured(Dataset):
    """The same people's images go wherever their recordings go; who is in images alone is in every part, as only
    training looks at images."""

    images: Spectrograms = NONE

    @classmethod
    def of_both(cls, data: Dataset, images: list[Spectrograms]) -> "Pictured":
        if len(images) > 1:
            raise UserError(f"expected one folder of images, found {len(images)}; put their zips together")
        found = images[0]
        if found.left_out:
            say(f"{found.left_out} files among the images were left out: they are none of 98 x 40 grey pixels")
        made = hashlib.sha256(f"{data.hash} {found.hash}".encode()).hexdigest()
        return cls(data.items, made, data.left_out, data.twice, found)

    def of(self, subjects: list[str] | tuple[str, ...]) -> "Pictured":
        wanted, away = set(subjects), set(self.subjects) - set(subjects)
        items = tuple(item for item in self.items if item.subject in wanted)
        return replace(self, items=items, images=self.images.without(away))

    @property
    def credits(self) -> list[str]:
        return credits([*((item.source, item.licence) for item in self.items), (SOURCE, LICENCE)])

    @property
    def besides(self) -> str:
        return f"{len(self.images):,} images of words by {len(np.unique(self.images.speakers)):,} speakers"

    def summary(self) -> dict:
        """Also what is in the images."""
        return super().summary() | {"images": self.besides}


def images_of(data: Dataset) -> Spectrograms:
    """The images of a data set, if it has any."""
    return data.images if isinstance(data, Pictured) else NONE
