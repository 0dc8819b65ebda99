"""lib/update/monocypher.py as a module: it fetches the verifier's sources once."""

import importlib.util

from ml.paths import ROOT

_SPEC = importlib.util.spec_from_file_location("monocypher_files", ROOT / "lib/update/monocypher.py")
assert _SPEC and _SPEC.loader
_MODULE = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
folder = _MODULE.folder
