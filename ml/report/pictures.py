"""Pictures of streams as files of their own."""

from pathlib import Path

from ml.evaluate.streams import Detection, Scored
from ml.evaluate.timeline import timeline
from ml.files import replace_file
from ml.report import plots


def write(folder: Path, name: str, result: dict, scored: list[Scored], matched: list[list[Detection]]) -> list[Path]:
    """`<name>-trade-off.svg` and a `<name>-<number>-<subject>.svg` a stream: their paths."""
    made = {"trade-off": plots.trade_off(result["trade_off"], result["target_per_hour"])}
    for number, (one, seen) in enumerate(zip(scored, matched, strict=True)):
        subject = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in one.stream.subject)
        made[f"{number}-{subject}"] = plots.timeline(timeline(one, seen))
    paths = [folder / f"{name}-{picture}.svg" for picture in made]
    for path, svg in zip(paths, made.values(), strict=True):
        replace_file(path, svg.encode())
    return paths
