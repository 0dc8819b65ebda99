"""What a training needs to go on: weights, the optimiser's state, the mistakes found so far, after every epoch."""

import io
import json
import zipfile

import numpy as np

from ml.files import replace_file
from ml.paths import CACHE
from ml.progress import say
from ml.train.examples import Examples

FOLDER = CACHE / "trainings"


class Checkpoints:
    """Of one training, which `key` names with all that decides it but its learning rates, those of all its epochs; only
    the last epoch is kept."""

    def __init__(self, key: str, network, mistakes: list[Examples], rates: list[float]) -> None:
        self.path, self.network, self.mistakes, self.rates = FOLDER / f"{key}.npz", network, mistakes, rates

    def _variables(self) -> list:
        self.network.optimizer.build(self.network.trainable_variables)
        return [*self.network.variables, *self.network.optimizer.variables]

    def save(self, epoch: int, history: dict) -> None:
        """Whole or not at all."""
        arrays = {f"v{number}": np.asarray(one) for number, one in enumerate(self._variables())}
        for number, one in enumerate(self.mistakes):
            arrays |= {f"inputs{number}": one.inputs, f"labels{number}": one.labels}
        said = json.dumps({"rates": self.rates[:epoch], "history": history, "mistakes": len(self.mistakes)})
        made = io.BytesIO()
        np.savez(made, allow_pickle=False, said=np.array(said), **arrays)
        FOLDER.mkdir(parents=True, exist_ok=True)
        replace_file(self.path, made.getvalue())

    def forget(self) -> None:
        """When training has ended."""
        self.path.unlink(missing_ok=True)

    def last(self, history: dict) -> int:
        """Brings back what the last epoch left, and its history; returns how many epochs are done, 0 without any."""
        try:
            with np.load(self.path) as kept:
                said = json.loads(str(kept["said"]))
                done = len(said["rates"])
                if said["rates"] != self.rates[:done]:
                    return 0
                for number, one in enumerate(self._variables()):
                    one.assign(kept[f"v{number}"])
                made = [Examples(kept[f"inputs{one}"], kept[f"labels{one}"]) for one in range(said["mistakes"])]
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
            return 0
        self.mistakes[:] = made
        history.update(said["history"])
        say(f"training goes on after {done} epochs")
        return done
