"""An application with accounts, on Quart: register, log in, be remembered, log out.

Serve it with ``python -m quart_app.serve``, or with ``hypercorn "quart_app:create_app()"`` alone; develop with
``quart --app quart_app run``.

=====================  ==========================================================
``serve/``             Hypercorn under a supervisor that replaces workers
``factory``            puts the application together
``pages/``             pages and forms: register, log in and out, the account and its logins
``api/``               the same for programs, as JSON
``cli/``               the commands of ``quart --app quart_app``
``live/``              who is online, over a websocket
``accounts/``          users and passwords: find, check, throttle, change, close
``defences/``          protects every response: headers, CSRF tokens, cross-site checks, hosts, proxies, limits
``mail/``              a queue of mails in the database, and the worker that sends them
``sessions/``          login sessions as rows: begin, look up, confirm, end, sweep
``operation/``         logs, events, health checks and metrics, for operators
``migrations/``        the revisions of the tables
``application``        the application object
``models/``            the tables, as typed classes
``errors/``            what is answered where something went wrong: pages and problem details
``settings``           what the environment may say
``configuration``      settings that cannot be used, and a forgotten ``ENVIRONMENT``
``database/``          the engine, and what its faults become
``framework/``         what bends Quart, Hypercorn or Jinja
``mail_url``           the forms of ``MAIL_URL``
``database_url``       the forms of ``DATABASE_URL``, without a connection
``database_url_parameters``  the parameters in it: used, dropped or refused
``extension``          typed access to the parts of an application
``clock``              the current time
``clients``            readable names of browsers
``faces``              what a request is for: a page or the API, a program or a script
``foreign_hashes/``    other libraries' password hashes, of a moved application's users
``hash_strength``      which password hashes production accepts
``pause``              a pause that an event ends early, for tasks that work at intervals
``private_files``      files for their owner alone: the database and the key
``secret_key``         the key that signs cookies, where the environment has none
``server_pid``         how workers of one server know that they belong together
``server_stop``        what is to be done when the server begins to stop
``waiting_time``       how long a request may wait in all for what it shares with others
``templates/``         the pages' templates
``static/``            style, icon, and the script of the live page
=====================  ==========================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .application import Application
    from .settings import Settings


def create_app(settings: Settings | Mapping[str, Any] | None = None) -> Application:
    """See :func:`quart_app.factory.create_app`, imported when it is called: the supervisor needs none of it."""
    from .factory import create_app as create

    return create(settings)
