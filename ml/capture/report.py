"""Reports each recording and each incident in a line."""

from collections.abc import Iterator

from ml.capture.recorder import Recorder
from ml.capture.take import Take

WORDS = {
    "lost": "samples lost",
    "behind": "samples lost at unknown places",
    "damaged": "damaged chunks on the line",
    "unreadable": "frames that made no sense",
    "repeated": "frames that came again or late, left out",
    "dropped": "frames that the board had no room for",
    "overrun": "samples that the sensor dropped",
    "reset": "restarts of the board",
    "vanished": "times the port vanished",
    "stall": "times the line was silent",
    "deaf": "times this program was stopped",
    "edited": "changes of the manifest by another program, which were kept",
    "disk": "takes that could not be stored",
}


def takes_line(take: Take) -> str:
    """`take 3  wave  mic 32000 samples, imu 800 samples (12 lost, 2 pieces)  whole`."""
    streams = []
    for name, stream in take.streams.items():
        remarks = [f"{stream.lost} lost"] if stream.lost else []
        remarks += [f"{len(stream.pieces)} pieces"] if len(stream.pieces) > 1 else []
        streams.append(f"{name} {stream.samples} samples" + (f" ({', '.join(remarks)})" if remarks else ""))
    state = "whole" if take.is_whole else "; ".join(["INCOMPLETE", *take.notes])
    return f"take {take.number}  {take.naming.label}  {', '.join(streams)}  {state}"


def summary(recorder: Recorder) -> Iterator[str]:
    """Nothing when nothing went wrong."""
    counts = recorder.incidents.counts
    for kind, words in WORDS.items():
        if counts[kind]:
            yield f"{counts[kind]} {words}"
    if any(counts[kind] for kind in WORDS):
        yield f"when and where: {recorder.manifest.root / 'incidents.csv'}"
    if recorder.incidents.unwritten:
        yield f"{recorder.incidents.unwritten} of these could not be written there"
