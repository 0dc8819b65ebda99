"""Takes without a terminal: one after the other, a line for each."""

from ml.capture.options import Options
from ml.capture.recorder import Recorder
from ml.capture.report import summary, takes_line
from ml.capture.take import Take
from ml.capture.trigger import Trigger
from ml.errors import UserError
from ml.progress import echo, say

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
                if recorder.given_up:
                    return _told(recorder, takes)
        if any(take.is_whole for take in takes):
            recorder.settle()
            recorder.raise_if_failed()
    except (KeyboardInterrupt, UserError, OSError):
        left = recorder.stop("stopped")
        if left is not None:
            say(takes_line(left))
        for line in summary(recorder):
            say(line)
        raise
    return _told(recorder, takes)


def _told(recorder: Recorder, takes: list[Take]) -> bool:
    """What went wrong; also in takes that seemed whole when they ended."""
    for take in takes:
        if take.was_whole and not take.is_whole:
            say(f"after all: {takes_line(take)}")
    for line in summary(recorder):
        say(line)
    return all(take.is_whole for take in takes)


def describe(recorder: Recorder) -> str:
    """What is on the line."""
    device = recorder.known
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
    end = recorder.now_s() + seconds
    while (left := end - recorder.now_s()) > 0:
        recorder.step(min(STEP_S, left))


def wait_for_trigger(recorder: Recorder, options: Options) -> int | None:
    """Device time at which the take begins; None: now."""
    if options.rule is None:
        return None
    if recorder.trigger is None:
        recorder.trigger = Trigger.on(options.rule, recorder.known.streams)
    recorder.trigger.arm()
    since = (-1, 0.0)
    while recorder.trigger.fired_us is None:
        recorder.step(STEP_S)
        since = recorder.raise_if_starved(recorder.trigger.stream, since)
    return recorder.trigger.fired_us - round(options.before_s * 1e6)


def finished(recorder: Recorder, options: Options, take: Take) -> None:
    """Says what was recorded, and draws it where that was asked for."""
    echo(takes_line(take))
    if options.plot:
        from tools.capture.picture import draw  # noqa: PLC0415 - matplotlib takes a second

        for stream in take.streams.values():
            for piece in stream.pieces:
                draw(piece.path, stream.stream.rate_hz, f"take {take.number}: {take.naming.label}")
                recorder.step(0)
