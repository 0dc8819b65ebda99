"""From an int8 `.tflite` to one C header: see docs/compiler.md.

compiled = compile_model(Path("model.tflite").read_bytes(), "kws", Path("lib/kws_model"))
"""

from ml.compiler.compile import Compiled, compile_model
from ml.compiler.host import HostModel
from ml.compiler.operators import Options

__all__ = ["Compiled", "HostModel", "Options", "compile_model"]
