"""Passes: small functions graph -> None that change a Graph in place, run in this order."""

from ml.compiler.graph import Graph
from ml.compiler.passes.boundary import strip_float_boundary
from ml.compiler.passes.channels import drop_constant_channels
from ml.compiler.passes.dilation import join_dilations
from ml.compiler.passes.ends import join_ends
from ml.compiler.passes.floats import fuse_float_steps
from ml.compiler.passes.fold import fold_constants
from ml.compiler.passes.fuse import fuse_activation, fuse_padding
from ml.compiler.passes.split import separate_splits
from ml.compiler.passes.transposes import absorb_transposes, view_transposes
from ml.compiler.passes.variables import resolve_variables, share_variables
from ml.compiler.passes.views import remove_dead, remove_views

PASSES = (
    resolve_variables,
    fold_constants,
    strip_float_boundary,
    fuse_float_steps,
    remove_views,
    view_transposes,
    absorb_transposes,
    separate_splits,
    join_dilations,
    fuse_padding,
    fuse_activation,
    remove_dead,
    drop_constant_channels,
    share_variables,
    join_ends,
)


def run_passes(graph: Graph) -> Graph:
    for one in PASSES:
        one(graph)
    return graph
