"""The live screen at a terminal while the tool listens to the board."""

import time

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ml.capture.options import Options
from ml.capture.recorder import Recorder
from ml.capture.report import summary
from tools.capture.textplot import picture

HELP = "space record/stop   1-9 label   r re-label last   d discard last   p play back   q quit"
PLOT_WIDTH, PLOT_HEIGHT = 64, 6


def render(recorder: Recorder, options: Options, label: str, state: str, last: str) -> Group:
    """One frame of the screen."""
    parts = [_streams(recorder)]
    if options.plot:
        for meter in recorder.meters.values():
            parts += [
                Text(line, no_wrap=True) for line in picture(meter.stream, meter.recent(), PLOT_WIDTH, PLOT_HEIGHT)
            ]
    parts += [Text(f"board: {line}", style="dim") for line in list(recorder.log)[-3:]]
    parts += [Text(line, style="yellow") for line in summary(recorder)]
    parts.append(_labels(options, label))
    parts.append(Text(state, style="bold red" if recorder.recording else "bold"))
    if last:
        parts.append(Text(last))
    parts.append(Text(HELP, style="dim"))
    return Group(*parts)


def _streams(recorder: Recorder) -> Table:
    now = time.monotonic()
    device = recorder.known
    drift = recorder.drift.ppm()
    title = f"{device.app} on {device.board}" if device.app else device.format
    table = Table(title=Text(title, style="table.title"), title_justify="left")
    for heading in ("stream", "rate", "level", "lost"):
        table.add_column(heading, justify="right" if heading in ("rate", "lost") else "left")
    for name, meter in recorder.meters.items():
        rate = f"{meter.rate_hz(now):.0f} of {meter.stream.rate_hz:g} Hz"
        table.add_row(name, rate, meter.level(), str(meter.lost), style="red" if meter.lost else None)
    if drift is not None:
        table.caption = f"the board's clock runs {drift:+.0f} ppm against this computer's"
    return table


def _labels(options: Options, label: str) -> Text:
    text = Text("label: ")
    for number, each in enumerate(options.labels, 1):
        text.append(f" {number} {each} ", style="reverse" if each == label else "")
    if label not in options.labels:
        text.append(f" {label} ", style="reverse")
    return text
