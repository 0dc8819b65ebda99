"""Who may ask: only pages of this server, opened by somebody who has its address with the token.

A page of another site can make a browser send requests to 127.0.0.1, and can have its own name resolve to that address
(DNS rebinding). So every request must carry the token's cookie and name this host. A request that changes something, or
opens a WebSocket, must come from a page of this origin. The cookie is SameSite=Strict and HttpOnly.
"""

import hmac
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, QueryParams
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

POLICY = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
REFUSED = "open the address that {printed} has printed, with its token"
FORBIDDEN = 4403  # of a WebSocket


class Guard:
    """ASGI middleware. `hosts`: what the Host header may say, such as 127.0.0.1:8642. `name` is the cookie's,
    `printed` the command that prints the address."""

    def __init__(self, app: ASGIApp, token: str, hosts: frozenset[str], name: str, printed: str) -> None:
        self._app, self._token, self._hosts = app, token, hosts
        self._cookie, self._refused = f"thimble_{name}", REFUSED.format(printed=printed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        answer = self._refusal(scope)
        if answer is None:
            return await self._app(scope, receive, send)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": FORBIDDEN, "reason": self._refused[:120]})
        return await answer(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        """None: it may pass."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self._hosts:
            return PlainTextResponse(f"expected a request to {min(self._hosts)}, found one to another host\n", 403)
        given = QueryParams(scope["query_string"]).get("token", "")
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"] == "/" and self._is_token(given):
            return self._welcome()
        if not self._is_token(self._cookie_of(headers)):
            return PlainTextResponse(f"expected the token, found none; {self._refused}\n", 403)
        asks_only = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if headers.get("origin") not in ((None, f"http://{host}") if asks_only else (f"http://{host}",)):
            return PlainTextResponse("expected a request of this page, found one of another origin\n", 403)
        return None

    def _welcome(self) -> Response:
        """The token becomes a cookie, and leaves the address: it would stay in the history."""
        answer = RedirectResponse("/", 303, headers=HEADERS)
        answer.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
        return answer

    def _cookie_of(self, headers: Headers) -> str:
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return ""
        return found.value if found else ""

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())
