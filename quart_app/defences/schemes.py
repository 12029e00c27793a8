"""One warning where the scheme of requests and the cookies of this environment do not fit together.

Production's cookies are ``Secure``: over plain http a browser keeps none of them (RFC 6265bis, section 4.1.2.5), so no
form has the session of its token, and each is answered 403. Development's cookies are not, and over https that is a
forgotten ``ENVIRONMENT``.
"""

from __future__ import annotations

from collections.abc import Collection

from quart import Request

from quart_app.application import Application
from quart_app.faces import is_api_path
from quart_app.framework.early_checks import SAFE_METHODS

_FORBIDDEN = 403
_NOT_OVER_HTTP = (
    "A form was refused (403): it came over http without a session cookie. Cookies of production are Secure, and "
    "browsers keep those only over https, so all forms are refused. Serve the site over https. If a proxy does, set "
    "TRUSTED_HOPS to the number of proxies, and let it send the scheme (X-Forwarded-Proto)."
)
_NOT_OVER_HTTPS = (
    "A request came over https, and this is development: cookies are sent without Secure and the prefix __Host-, and "
    "/metrics is open to all. Set ENVIRONMENT=production if this site is for others."
)


class SchemeWarning:
    """Warns in the log of each worker at the first such request, and never again.

    Arguments:
        app: the application whose settings and log it uses.
    """

    def __init__(self, app: Application) -> None:
        self._production = app.settings.production
        # Otherwise a developer who has https.
        self._is_due = self._production or app.settings.session_cookie_secure is not True
        self._log = app.logger

    def look_at(self, request: Request, status: int, cookie_names: Collection[str]) -> None:
        """Look at a request with the other scheme than the cookies are for.

        Arguments:
            request: the request.
            status: that of its answer.
            cookie_names: the names of the session cookies.
        """
        if not self._is_due:
            return
        if not self._production:
            self._is_due = False
            self._log.warning(_NOT_OVER_HTTPS)
        elif status == _FORBIDDEN and _is_form_without_session(request, cookie_names):
            self._is_due = False
            self._log.warning(_NOT_OVER_HTTP)


def _is_form_without_session(request: Request, cookie_names: Collection[str]) -> bool:
    return (
        request.method not in SAFE_METHODS
        and not is_api_path(request.path)
        and request.cookies.keys().isdisjoint(cookie_names)
    )
