"""Where a local page listens, and what a browser may call it."""

import socket
from pathlib import Path

from ml.errors import UserError

PAGE = Path(__file__).with_name("page")  # style.css and api.js


def listen(host: str, port: int) -> socket.socket:
    """UserError where the port is in use."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{host}:{port}: expected a free port, found: {reason}; name another") from None


def names_of(host: str, port: int) -> frozenset[str]:
    """What a browser may call this server."""
    shown = f"[{host}]" if ":" in host else host
    return frozenset({f"{shown}:{port}", f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}"})
