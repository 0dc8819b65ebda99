"""The output of a device, as lines for a person. Runs inside PlatformIO's monitor too."""

from ml.link.messages import NO_SLOT, Cycles, Event, Health, Info, Phase, Telemetry, Updates
from ml.link.session import Arrival, Data, Session
from ml.printable import printable

TELEMETRY_EVERY_US = 10_000_000
PHASES: dict[int, str] = {Phase.RECEIVING: ", another is on its way", Phase.TRIAL: ", on trial"}
TROUBLES = ("missed", "overruns", "dropped", "errors")  # counters that had better stay 0


class Readable:
    """Takes bytes and gives lines that a terminal can show. Session info comes once, telemetry when it is due or tells
    of trouble."""

    def __init__(self) -> None:
        self._session = Session()
        self._shown: Info | None = None
        self._due_us = 0
        self._machine = ""
        self._troubles: dict[str, int] = {}
        self._damage = 0
        self._refusal = ""
        self._health = Health()

    def feed(self, data: bytes) -> list[str]:
        """The lines that the bytes complete, without line feeds."""
        lines = [line for arrival in self._session.feed(data) for line in self._describe(arrival)]
        return lines + self._losses()

    def _losses(self) -> list[str]:
        session, lines = self._session, []
        damage = session.damaged + session.unreadable + sum(session.lost.values())
        if damage > self._damage:
            lines.append(f"({damage - self._damage} frames were lost or damaged on the way)")
        if session.refusal != self._refusal:
            lines.append(f"(refused {session.refusal})")
        self._damage, self._refusal = damage, session.refusal
        return lines

    def _describe(self, arrival: Arrival) -> list[str]:
        message = arrival.message
        if isinstance(message, str):
            return [printable(message, colours=True)]
        if isinstance(message, Info):
            return self._info(message)
        line = self._changed(message) or self._line(arrival)
        return [f"{arrival.time_us / 1e6:10.3f} s  {line}"] if line else []

    def _line(self, arrival: Arrival) -> str:
        """ "" for what is not shown."""
        message = arrival.message
        if isinstance(message, Event):
            return self._event(message)
        if isinstance(message, Telemetry) and self._is_due(arrival.time_us, message):
            return self._telemetry(message)
        return f"{message.stream.name}: {len(message.payload)} bytes" if isinstance(message, Data) else ""

    def _changed(self, message: object) -> str:
        """A change of the sensor's health; telemetry tells it to a monitor that began late, or lost the message."""
        health = message.health if isinstance(message, Telemetry) else message
        if not isinstance(health, Health) or same_fault(health, self._health):
            return ""
        self._health = health
        return health_line(health, self._shown)

    def _info(self, info: Info) -> list[str]:
        before, self._shown = self._shown, info
        if before and before.uptime_us <= info.uptime_us and (before.app, before.model) == (info.app, info.model):
            return [update_line(info.update)] if info.update and info.update != before.update else []
        self._due_us, self._troubles, self._health = 0, {}, Health()
        more = [f"{name} {value}" for name, value in (("build", info.build), ("reset", info.reset)) if value]
        lines = [", ".join([f"{info.app} on {info.board}", *more])]
        lines += [f"fault: {info.fault}"] if info.fault else []
        if info.model:
            model = info.model
            lines.append(f"model {model.name} {model.hash}: {model.layers} layers, arena {model.arena:,} B")
        lines += [update_line(info.update)] if info.update else []
        lines += [f"classes: {', '.join(info.labels)}"] if info.labels else []
        return lines

    def _event(self, event: Event) -> str:
        labels = self._shown.labels if self._shown else ()
        name = labels[event.class_id] if event.class_id < len(labels) else f"class {event.class_id}"
        cost = f", inference {_ms(self._shown, event.inference_cycles)}" if self._shown else ""
        return f"{name}  score {event.score}/255, latency {event.latency_us / 1000:.2f} ms{cost}"

    def _is_due(self, now_us: int, telemetry: Telemetry) -> bool:
        troubles = {name: getattr(telemetry, name) for name in TROUBLES}
        worse = any(value > self._troubles.get(name, 0) for name, value in troubles.items())
        self._troubles = troubles
        changed, self._machine = telemetry.machine != self._machine, telemetry.machine
        if not worse and not changed and now_us < self._due_us:
            return False
        self._due_us = now_us + TELEMETRY_EVERY_US
        return True

    def _telemetry(self, telemetry: Telemetry) -> str:
        parts = [f"machine {telemetry.machine}"] if telemetry.machine else []
        parts += [f"{telemetry.windows} windows", f"{telemetry.events} events"]
        if telemetry.windows and (info := self._shown):
            parts.append(f"front end {_span(info, telemetry.frontend)}, inference {_span(info, telemetry.inference)}")
        if telemetry.gate:
            state = "open" if telemetry.gate.open else "closed"
            parts.append(f"gate {state}, open {telemetry.gate.duty:.1%} of the time, {telemetry.asleep} windows asleep")
        parts += [f"{name} {getattr(telemetry, name)}" for name in TROUBLES if getattr(telemetry, name)]
        if any(telemetry.saturated):
            parts.append(f"saturated {' '.join(map(str, telemetry.saturated))}")
        if telemetry.stack:
            parts.append(f"stack {telemetry.stack:,} B")
        if telemetry.duty is not None:
            parts.append(f"awake {telemetry.duty:.1%} of the time")
        return ", ".join(parts)


def same_fault(one: Health, other: Health) -> bool:
    """For somebody who is told when it changes."""
    return (one.reasons, one.channels, one.answers) == (other.reasons, other.channels, other.answers)


def health_line(health: Health, info: Info | None) -> str:
    """What is wrong with the sensor, and what that means for its answers."""
    if not health.reasons:
        return "sensor: well"
    stream = info.streams[0] if info and info.streams else None
    named = [stream.channels[at].name for at in health.channels if at < len(stream.channels)] if stream else []
    where = f" ({' '.join(named)})" if named else ""
    answers = "the application answers all the same" if health.answers else "no answers until it is well"
    return f"sensor: {', '.join(health.reasons)}{where}; {answers} (docs/health.md)"


def update_line(update: Updates) -> str:
    """Which model runs, of those that were given in the field (docs/update.md)."""
    phase = PHASES.get(update.phase, "")
    if update.slot == NO_SLOT:
        return f"the compiled-in model, counter {update.counter}{phase}"
    version = f", {update.version}" if update.version else ""
    return f"slot {update.slot}{version}, counter {update.counter}, image {update.image}{phase}"


def _span(info: Info, cycles: Cycles) -> str:
    return f"{_ms(info, cycles.last)} ({_ms(info, cycles.min)} to {_ms(info, cycles.max)})"


def _ms(info: Info, cycles: int) -> str:
    return f"{1000 * cycles / max(1, info.cycles_hz):.2f} ms"
