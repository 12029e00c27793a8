"""Security headers: what a browser may do with our answers."""

from __future__ import annotations

from quart import Quart, Response, request

# Our own style sheet and images, our own forms, and nothing else: pages without script cannot be made to run one.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": with that browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_HSTS = "max-age=31536000; includeSubDomains"


def allow_scripts(response: Response) -> None:
    """Let this page run our own script files, and these connect to us. No script that stands in the page itself."""
    response.headers["Content-Security-Policy"] = f"{_POLICY}; script-src 'self'; connect-src 'self'"


def init_app(app: Quart) -> None:
    """Add the headers to every answer of this application, failed ones included."""
    production = bool(app.config["SESSION_COOKIE_SECURE"])

    @app.after_request
    async def add_security_headers(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if production and request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", _HSTS)
        # Pages show who is logged in and carry the token of a session: no cache, the browser's included,
        # may show one to somebody else or after logging out.
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
            _vary_by_cookie(response)
        return response


def _vary_by_cookie(response: Response) -> None:
    # compat says so where the user was looked at. Quart should where the session was, and does not (0.22, Flask 3.1.3).
    if "Vary" not in response.headers:
        response.headers["Vary"] = "Cookie"
    else:
        response.vary.add("Cookie")
