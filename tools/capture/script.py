"""Takes without a terminal: one after the other, a line for each."""

import time

from ml.errors import UserError
from ml.progress import say
from tools.capture.options import Options
from tools.capture.recorder import Recorder
from tools.capture.report import summary, takes_line
from tools.capture.take import Take
from tools.capture.trigger import Trigger

STEP_S = 0.05


def run(recorder: Recorder, options: Options) -> bool:
    """True when every take is whole."""
    takes: list[Take] = []
    try:
        recorder.wait_until_ready()
        say(f"{recorder.line.name}: {describe(recorder)}")
        for label in options.labels:
            for _ in range(options.repeat):
                takes.append(record(recorder, options, label))
                finished(recorder, options, takes[-1])
                recorder.raise_if_failed()
    except (KeyboardInterrupt, UserError, OSError):
        left = recorder.stop("stopped")
        if left is not None:
            say(takes_line(left))
        for line in summary(recorder):
            say(line)
        raise
    for line in summary(recorder):
        say(line)
    return all(take.is_whole for take in takes)


def describe(recorder: Recorder) -> str:
    """What is on the line."""
    device = recorder.device
    streams = ", ".join(f"{stream.name} {stream.rate_hz:g} Hz" for stream in device.streams)
    who = " on ".join(part for part in (device.app, device.board) if part)
    return f"{who or device.format}: {streams}"


def record(recorder: Recorder, options: Options, label: str) -> Take:
    """One take, from its countdown or trigger to its end."""
    wait(recorder, options.countdown)
    start_us = wait_for_trigger(recorder, options)
    take = recorder.start(options.naming(label), options.seconds, start_us)
    while recorder.recording:
        recorder.step(STEP_S)
    recorder.stop()
    return take


def wait(recorder: Recorder, seconds: float) -> None:
    """The line is read all the while."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        recorder.step(min(STEP_S, left))


def wait_for_trigger(recorder: Recorder, options: Options) -> int | None:
    """Device time at which the take begins; None: now."""
    if options.rule is None:
        return None
    if recorder.trigger is None:
        recorder.trigger = Trigger.on(options.rule, recorder.device.streams)
    recorder.trigger.arm()
    while recorder.trigger.fired_us is None:
        recorder.step(STEP_S)
    return recorder.trigger.fired_us - round(options.before_s * 1e6)


def finished(recorder: Recorder, options: Options, take: Take) -> None:
    """Says what was recorded, and draws it where that was asked for."""
    print(takes_line(take), flush=True)
    if options.plot:
        from tools.capture.picture import draw  # noqa: PLC0415 - matplotlib takes a second

        for stream in take.streams.values():
            for piece in stream.pieces:
                draw(piece.path, stream.stream.rate_hz, f"take {take.number}: {take.naming.label}")
                recorder.step(0)
