"""Everything that bends Quart, Hypercorn or Jinja, in one place.

Each module says why it is needed.

==========================  ==========================================================
``early_checks``            checks before every hook, so that a refused request costs no query
``http_connection``         requests without a body, in the server's own task
``websocket_backpressure``  websockets whose clients send too fast, or never hang up
``templating``              templates compiled without async code
``context_processors``      context processors that no template uses, removed
==========================  ==========================================================
"""
