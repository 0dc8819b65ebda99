"""Reads gateway.toml; docs/gateway.md describes each setting."""

from __future__ import annotations

import ipaddress
import tomllib
from pathlib import Path

from ml.errors import UserError
from ml.gateway.config import RULES, Board, Broker, Config, FromBroker, Nodes, Post, Rule, Second, ToBroker
from ml.gateway.tables import Table


def read(path: Path) -> Config:
    """UserError, one line, for what is not as docs/gateway.md says."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "bytes that are no text"
        raise UserError(f"{path}: expected a gateway's settings, found: {reason}; docs/gateway.md shows some") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: expected TOML, found: {error}") from None
    return settings(given, f"{path}: ", path.parent)


def settings(given: dict, where: str, folder: Path) -> Config:
    """`where` begins each error; paths are in `folder`."""
    all_ = Table(given, where)
    own = all_.table("gateway") or Table({}, all_.where)
    made = Config(
        name=own.name("name", "gateway"),
        store=folder / own.text("store", "gateway.db"),
        most_mb=own.whole("most_mb", 1, 1 << 20, 1024),
        page=_listening(all_.table("page"), "127.0.0.1:8650"),
        metrics=_listening(all_.table("metrics"), "127.0.0.1:9464"),
        boards=tuple(map(_board, all_.tables("board"))),
        nodes=_nodes(all_.table("nodes"), folder),
        udp=_udp(all_.table("udp")),
        from_broker=_from_broker(all_.table("mqtt_in"), folder),
        to_broker=_to_broker(all_.table("mqtt"), folder),
        post=_post(all_.table("http"), folder),
        groups=dict(map(_group, all_.tables("group"))),
        rules=tuple(map(_rule, all_.tables("rule"))),
        seconds=tuple(_second(one, folder) for one in all_.tables("second")),
    )
    own.end()
    all_.end()
    _check(made, all_.where)
    return made


def _check(made: Config, where: str) -> None:
    if not (made.boards or made.udp or made.from_broker):
        raise UserError(
            f"{where}expected an input ([[board]], [udp] or [mqtt_in]), found none; docs/gateway.md shows each"
        )
    if (made.udp or made.from_broker) and made.nodes is None:
        raise UserError(f"{where}expected [nodes] with the keys of those that send datagrams, found none")
    if not (made.to_broker or made.post):
        raise UserError(f"{where}expected an output ([mqtt] or [http]), found none: events would stay here for ever")
    for what, names in (("board", [one.name for one in made.boards]), ("rule", [one.name for one in made.rules])):
        if twice := {name for name in names if names.count(name) > 1}:
            raise UserError(f"{where}[[{what}]]: expected each name once, found {min(twice)!r} twice")


def _listening(table: Table | None, default: str) -> tuple[str, int] | None:
    """Others reach it only where that is asked for: there is no password on the metrics, and one on the page."""
    if table is None:
        return None
    listen = table.address("listen", default)
    anyone = table.yes("anyone")
    table.end()
    if not ipaddress.ip_address(listen[0]).is_loopback and not anyone:
        raise UserError(
            f"{table.where} listen: expected 127.0.0.1, found {listen[0]}; for others to reach it add anyone = true"
        )
    return listen


def _board(table: Table) -> Board:
    made = Board(table.name("name"), table.text("port"))
    table.end()
    return made


def _nodes(table: Table | None, folder: Path) -> Nodes | None:
    if table is None:
        return None
    keys = folder / table.text("keys", "nodes.keys")
    made = Nodes(keys, table.number("rate", 0.01, 1e6, 20), table.whole("burst", 1, 10**6, 100))
    table.end()
    return made


def _udp(table: Table | None) -> tuple[str, int] | None:
    """Without a password: datagrams have codes."""
    if table is None:
        return None
    listen = table.address("listen")
    table.end()
    return listen


def _broker(table: Table, folder: Path) -> Broker:
    tls = table.yes("tls")
    return Broker(
        table.text("host", "127.0.0.1", 255),
        table.whole("port", 1, 65535, 8883 if tls else 1883),
        table.text("user", ""),
        _file(table, "password_file", folder),
        tls,
    )


def _file(table: Table, key: str, folder: Path) -> Path | None:
    """Secrets are in files of their own; gateway.toml may be shown to others."""
    name = table.text(key, "")
    return folder / name if name else None


def _from_broker(table: Table | None, folder: Path) -> FromBroker | None:
    if table is None:
        return None
    made = FromBroker(
        _broker(table, folder), table.text("subscribe", "thimble/up/+"), table.text("answer", "thimble/down")
    )
    table.end()
    return made


def _to_broker(table: Table | None, folder: Path) -> ToBroker | None:
    if table is None:
        return None
    made = ToBroker(_broker(table, folder), table.text("topic", "thimble"), table.text("discovery", ""))
    if any(mark in made.topic + made.discovery for mark in "#+"):
        raise table.wrong("topic", "a topic without + and #")
    table.end()
    return made


def _post(table: Table | None, folder: Path) -> Post | None:
    if table is None:
        return None
    url = table.text("url")
    if not url.startswith(("http://", "https://")):
        raise table.wrong("url", "http:// or https://")
    made = Post(url, table.whole("batch", 1, 10_000, 1000), _file(table, "token_file", folder))
    table.end()
    return made


def _group(table: Table) -> tuple[str, tuple[str, ...]]:
    made = table.name("name"), table.texts("nodes")
    table.end()
    return made


def _rule(table: Table) -> Rule:
    made = Rule(
        name=table.name("name"),
        kind=table.one_of("kind", RULES),
        nodes=table.texts("nodes"),
        labels=table.texts("labels", ()),
        within_s=table.number("within_s", 0.01, 7 * 86400),
        least=table.whole("least", 1, 10_000, 2),
        score=table.number("score", 0, 1, 0.9),
        late_s=table.number("late_s", 0, 3600, 2),
    )
    table.end()
    return made


def _second(table: Table, folder: Path) -> Second:
    made = Second(
        app=table.text("app", most=63),
        first=folder / table.text("first"),
        model=folder / table.text("model"),
        labels=table.texts("labels"),
        between=table.span("between", 0, 255),
        late_s=table.number("late_s", 0.1, 60, 2),
        tell_boards=table.yes("tell_boards", True),
    )
    table.end()
    return made
