"""uPlot, the page's plots: fetched by the set-up (tools/setup.py), served from where that has put it."""

from ml.paths import ROOT

FOLDER = ROOT / ".cache" / "page"
SCRIPT = FOLDER / "uPlot.iife.min.js"
