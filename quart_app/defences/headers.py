"""Security headers: what a browser may do with our answers."""

from __future__ import annotations

from quart import Response, request

from quart_app.application import Application
from quart_app.faces import is_for_api

# Our own style sheet and images, our own forms, and nothing else: pages without script cannot be made to run one.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

#: On every answer, whatever it is.
SECURITY_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": with that browsers send "Origin: null" with our own forms.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_HSTS = "max-age=31536000"  # for this host: what is below it may be somebody else's, and without TLS


def allow_scripts(response: Response) -> None:
    """Let this page run our own script files, and these connect to us. No script that stands in the page itself."""
    response.headers["Content-Security-Policy"] = f"{_POLICY}; script-src 'self'; connect-src 'self'"


def init_app(app: Application) -> None:
    """Add the headers to every answer of this application, failed ones included."""
    production = app.settings.production

    @app.after_request
    async def add_security_headers(response: Response) -> Response:
        # Looked through once: each setdefault would look through all of them again.
        present = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 - iterating gives pairs
        for name, value in SECURITY_HEADERS.items():
            if name not in present:
                response.headers.add(name, value)
        if production and request.is_secure and "strict-transport-security" not in present:
            response.headers.add("strict-transport-security", _HSTS)
        # Pages show who is logged in and carry the token of a session: no cache, the browser's included,
        # may show one to somebody else or after logging out.
        if request.endpoint != "static":
            if "cache-control" not in present:
                response.headers.add("cache-control", "no-store")
            _vary_by_credentials(response)
        return response


def _vary_by_credentials(response: Response) -> None:
    """Let no cache take one user's answer for another's: pages vary by cookies, the API by bearer tokens, too.

    This is the only place of the application that says so. compat does for answers for which the user was asked for,
    Quart for those with a session cookie; refusals and error pages are neither.
    """
    wanted = ("Cookie", "Authorization") if is_for_api() else ("Cookie",)
    if "Vary" not in response.headers:  # response.vary costs ten times as much
        response.headers["Vary"] = ", ".join(wanted)
    else:
        response.vary.update(wanted)
