"""One warning where the scheme of requests and the cookies of this environment do not fit together.

Production's cookies are ``Secure``: over plain http a browser keeps none of them (RFC 6265bis, section 4.1.2.5), so no
form has the session of its token, and each is answered 403. Development's cookies are not, and over https that is a
forgotten ``ENVIRONMENT``.
"""

from __future__ import annotations

from quart import Response, request

from quart_app.application import Application
from quart_app.faces import is_for_api
from quart_app.framework.early_checks import SAFE_METHODS

from .session_cookies import cookie_names

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


def init_app(app: Application) -> None:
    """Warn once in the log of each worker, at the first such request."""
    production = app.settings.production
    is_told = app.settings.session_cookie_secure is True and not production  # a developer who has https

    @app.after_request
    async def warn_once(response: Response) -> Response:
        nonlocal is_told
        if is_told:
            return response
        if not production:
            if request.is_secure:
                is_told = True
                app.logger.warning(_NOT_OVER_HTTPS)
        elif response.status_code == _FORBIDDEN and _is_form_without_session(app):
            is_told = True
            app.logger.warning(_NOT_OVER_HTTP)
        return response


def _is_form_without_session(app: Application) -> bool:
    return (
        not request.is_secure
        and request.method not in SAFE_METHODS
        and not is_for_api()
        and request.cookies.keys().isdisjoint(cookie_names(app.config["SESSION_COOKIE_NAME"]))
    )
