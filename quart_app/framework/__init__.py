"""Changes to the behaviour of Quart, Quart-Schema, Hypercorn, Jinja and asyncio, all in one place.

Each module says why it is needed, the versions it was written for, what it saves, and what to do when that package
changes. pyproject.toml has an upper bound for each of these packages. Changes to database drivers are in ``database``.

==========================  ==========================================================
``early_checks``            checks before every hook, so that a refused request costs no query
``mounts``                  404 outside of the path that the application is mounted at
``http_connection``         requests without a body, in the server's own task, and answers in one message
``quick_quart``             Quart, in which what it works out anew for each request is worked out once
``signing``                 itsdangerous with its keys derived once, and a leeway for clocks that differ
``form_tokens``             the CSRF token of templates, signed by a serializer that is kept
``unproxied``               the current request and session, without a proxy
``early_answers``           the rest of a body, received before an answer that came early ends
``websocket_backpressure``  websockets whose clients send too fast, or never hang up
``websocket_continuation``  websockets that go on after their view, and clients that leave all at once
``websocket_compression``   websockets without compression, which takes more memory than all else
``templating``              templates rendered at once, and in one piece
``context_processors``      context processors that no template uses, removed
``openapi_provider``        an OpenAPI document with problems, empty answers and named schemas
``hypercorn_log``           Hypercorn's lines in the log of the process, once each
``event_loops``             connections that end within seconds when the server stops
``idle_connections``        idle connections, watched when they are idle for half a second
``small_reads``             reads from sockets that do not scatter the heap
==========================  ==========================================================
"""
