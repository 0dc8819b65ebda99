"""The one exception of the operator families; `compile_model` collects them into a UserError."""

from ml.compiler.graph import Tensor


class Unsupported(Exception):
    """An operator that cannot be compiled: which tensor is in the way and why."""

    def __init__(self, why: str, tensor: Tensor | None = None):
        super().__init__(why)
        self.tensor = tensor
