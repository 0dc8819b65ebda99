"""The last take, once more: labelled anew or discarded."""

from dataclasses import dataclass
from pathlib import Path

from ml.capture import names
from ml.capture.manifest import Manifest
from ml.errors import UserError
from ml.files import inside


@dataclass(frozen=True)
class Last:
    """Its rows."""

    manifest: Manifest
    rows: list[dict[str, str]]

    @classmethod
    def of(cls, manifest: Manifest) -> "Last":
        """UserError where there is none; rows that somebody else wrote have no take and are left alone."""
        ours = [row for row in manifest.rows if row.get("take")]
        if not ours:
            raise UserError(f"{manifest.path}: expected a take, found none; record one first")
        row = ours[-1]
        return cls(manifest, manifest.of_take(row["subject"], row["session"], row["take"]))

    @property
    def label(self) -> str:
        return self.rows[0]["label"]

    @property
    def number(self) -> str:
        return self.rows[0]["take"]

    @property
    def files(self) -> list[Path]:
        return [inside(self.manifest.root, row["file"], self.manifest.path) for row in self.rows]

    def relabel(self, label: str) -> None:
        """A change of rows only."""
        names.checked("label", label)
        self.manifest.put([row | {"label": label} for row in self.rows])

    def discard(self) -> None:
        """First the rows, then the files: a manifest never names what is not there."""
        files = self.files
        self.manifest.remove({row["file"] for row in self.rows})
        for file in files:
            file.unlink(missing_ok=True)
            file.with_suffix(".png").unlink(missing_ok=True)
