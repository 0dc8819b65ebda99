"""The options of `python -m ml compile` for the streaming form, and the text that describes the result."""

from __future__ import annotations

from ml.compiler.lowering import Program
from ml.compiler.streaming import Request
from ml.compiler.streaming.header import count
from ml.compiler.streaming.moves import MOVES, moved_bytes
from ml.errors import UserError


def request(stream: str | None, hop: int | None, ram: int | None) -> Request | None:
    """From --stream AXIS|auto, --hop N and --board-ram; None where no streaming form is asked for."""
    if stream is None:
        if hop is not None:
            raise UserError(f"expected --stream beside --hop {hop}, found none; add --stream for the streaming form")
        return None
    if hop is None:
        raise UserError("expected --hop beside --stream, found none; give the new rows of a step with --hop N")
    if stream == "auto":
        return Request(hop, ram=ram)
    if not stream.isdecimal():
        raise UserError(f"expected an axis of the input or `auto` after --stream, found {stream!r}; leave it out")
    return Request(hop, int(stream), ram)


def figures(program: Program) -> dict:
    """What a step costs beside a whole window; sizes in bytes."""
    stream = program.streamed
    return {
        "axis": stream.axis,
        "hop": stream.hop,
        "window_rows": stream.rows,
        "warm_up_steps": stream.warm_up,
        "macs": program.macs,
        "window_macs": stream.window_macs,
        "state_bytes": program.state,
        "moved_bytes": sum(moved_bytes(layer.op) for layer in program.layers if layer.op.kind in MOVES),
    }


def summary(f: dict) -> str:
    """One line about `figures`."""
    fewer = f["window_macs"] / max(f["macs"], 1)
    return (
        f"streaming along axis {f['axis']}: {count(f['hop'], 'new row')} of {f['window_rows']} a step, output from "
        f"step {f['warm_up_steps']} on; {f['macs']:,} of {f['window_macs']:,} MACs ({fewer:.1f} times fewer), "
        f"state {f['state_bytes']:,} B, {f['moved_bytes']:,} B moved a step"
    )
