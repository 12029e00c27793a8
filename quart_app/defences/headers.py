"""Security headers: what a browser may do with responses, and which responses caches may keep."""

from __future__ import annotations

from quart import Response, request

from quart_app.application import Application
from quart_app.faces import is_for_api

from .content_policy import policy_text

#: On every response that passes Quart: probes and the refusal of an unknown host come earlier.
SECURITY_HEADERS = {
    "content-security-policy": policy_text(),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": with that browsers send "Origin: null" with our own forms.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_REFERRER_POLICY_OF_LINKS = "strict-origin"  # the site without the path and the query; not "no-referrer": see above
_HSTS = "max-age=31536000"  # for this host only: subdomains may belong to others, and may have no TLS


def init_app(app: Application) -> None:
    """Add the headers to every response of this application, failed ones included."""
    production = app.settings.production

    @app.after_request
    async def add_security_headers(response: Response) -> Response:
        # Looked through once: each setdefault would look through all of them again.
        present = {name.lower() for name in response.headers.keys()}  # noqa: SIM118 - iterating gives pairs
        # The URLs of links in mails: their errors, too, must not tell the token as the page that a request comes from.
        # Not request.args, which fails if the query is not UTF-8.
        if b"token=" in request.query_string and "referrer-policy" not in present:
            response.headers.add("referrer-policy", _REFERRER_POLICY_OF_LINKS)
            present.add("referrer-policy")
        for name, value in SECURITY_HEADERS.items():
            if name not in present:
                response.headers.add(name, value)
        if production and request.is_secure and "strict-transport-security" not in present:
            response.headers.add("strict-transport-security", _HSTS)
        # Pages show who is logged in and carry the token of a session: no cache, the browser's included,
        # may show one to another user or after a logout.
        if request.url_rule is None or request.url_rule.endpoint != "static":
            if "cache-control" not in present:
                response.headers.add("cache-control", "no-store")
            _vary_by_credentials(response, has_vary="vary" in present)
        return response


def _vary_by_credentials(response: Response, *, has_vary: bool) -> None:
    """Keep caches from serving one user's response to another: pages vary by cookies, the API by bearer tokens, too.

    All credentials are named here, on each response: compat names the cookie only where the user was used, and the
    session only where it was. Other headers are added by who answers differently for them (``cors``,
    ``api.description_body``).
    """
    wanted = ("Cookie", "Authorization") if is_for_api() else ("Cookie",)
    if not has_vary:  # response.vary costs ten times as much
        response.headers.add("Vary", ", ".join(wanted))
    else:
        response.vary.update(wanted)
