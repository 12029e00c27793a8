"""An application with accounts, on Quart: register, log in, be remembered, log out.

Serve it with ``python -m quart_app.serve``, or with ``hypercorn "quart_app:create_app()"`` alone; develop with
``quart --app quart_app run``.

=====================  ==========================================================
``factory``            puts the application together
``settings``           what the environment may say about it
``application``        the application object, and the one that is running now
``http_connection``    what Quart does around a request, with fewer tasks
``database/``          the engine, and what its faults become
``rows``               users without a session of SQLAlchemy's, for the query that every request makes
``migrations/``        how the tables became what they are
``accounts/``          users, passwords and who guesses them, pages to register, log in and out, change an account
``sessions/``          login sessions as rows: what the cookies stand for, until the server ends it
``api/``               the same accounts and login sessions for programs, as JSON
``problems``           what the API answers where something went wrong (RFC 9457)
``faces``              which of the two, pages or API, a request is for
``pages/``             what there is to see once logged in
``live/``              who is online, as people come and go
``forms``              what all forms share
``templates/``         the pages; ``context_processors`` leaves out what none of them uses
``templating``         they are rendered at once, as they wait for nothing
``static/``            style, icon, and the script of the live page
``hash_strength``      which password hashes production takes
``secret_key``         the key that signs all cookies, where the environment has none
``clients``            which browser this is, in words its owner recognises
``clock``              what time it is
``defences/``          headers, cross-site requests, names of the host, cookies on failed answers, address limits
``proxies``            who the client is, when there are proxies in between
``errors``             the pages for what went wrong
``cli/``               the commands of ``quart --app quart_app``
``operation/``         logs, events, health and metrics, for those who run it
``serve/``             Hypercorn, kept running
=====================  ==========================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .application import Application
    from .settings import Settings


def create_app(settings: Settings | Mapping[str, Any] | None = None) -> Application:
    """See :func:`quart_app.factory.create_app`, imported when it is called: ``serve`` needs none of it."""
    from .factory import create_app as create

    return create(settings)
