"""A data set as other tools take it."""

from ml.data.exports.edge_impulse import export_edge_impulse
from ml.data.exports.plain import export_csv, export_parquet, export_wav

FORMATS = {
    "edge-impulse": export_edge_impulse,
    "wav": export_wav,
    "csv": export_csv,
    "parquet": export_parquet,
}
