"""Reads the streams of other tools' firmware byte by byte, for `tools/collect.py --format`.

    parser = open_parser("auto")                 # or "ei", "ssi", "csv"
    for event in parser.feed(data, arrival_s):   # any bytes, in pieces of any size; never raises, never keeps much
        ...                                      # Layout, Samples, Gap, Fault, Reply
    for event in parser.finish(): ...            # what was still on its way

A `Layout` comes before the first `Samples` of its stream, a `Gap` before the `Samples` that follow it, and a `Reply` is
to be written to the board. Nothing is known of a board that cannot be said in these five.
"""

from ml.data.formats.auto import FORMATS, Auto, open_parser
from ml.data.formats.events import Event, Fault, Gap, Layout, Parser, Reply, Samples
from ml.data.formats.rate import RateMeter

__all__ = [
    "FORMATS",
    "Auto",
    "Event",
    "Fault",
    "Gap",
    "Layout",
    "Parser",
    "RateMeter",
    "Reply",
    "Samples",
    "open_parser",
]
