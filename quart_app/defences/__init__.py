"""What protects every response of the application.

=====================  ==========================================================
``content_policy``     what pages may load, run and send to, and how one page is allowed more
``headers``            security headers, and which responses may be cached
``session_cookies``    reads and writes session cookies, but none in failed responses or to a bearer token
``login_cookie``       the session as two cookies: the login, and what pages keep
``session_keys``       the keys of the session, and which of them must not be lost
``session_size``       session cookies no larger than browsers keep
``csrf``               tokens of forms
``cross_site``         refuses requests that another site made the browser send
``other_origins``      removes the cookies of requests to the API and of websockets that come from other origins
``cors``               tells browsers which other origins may use the API
``schemes``            warns of http in production, and of https in development
``hosts``              refuses unknown host names
``proxies``            address, scheme and host of the client, behind trusted proxies
``prefixes``           the path below which a trusted proxy serves the application
``rate_limits``        how many password forms a network address may send, and mails it may ask for
``rate``               the algorithm that decides (GCRA), and its state in this process
``rate_limit_redis``   its state in Redis, for all workers and hosts
=====================  ==========================================================
"""

from __future__ import annotations

from quart_app.application import Application
from quart_app.framework import websocket_backpressure

from . import cors, cross_site, headers, session_cookies


def init_app(app: Application) -> None:
    """Add those that apply to every response."""
    headers.init_app(app)
    session_cookies.init_app(app)
    cross_site.init_app(app)
    cors.init_app(app)
    websocket_backpressure.init_app(app)
