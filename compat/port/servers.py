"""The application as an argument: servers and wrappers that speak WSGI, which Quart does not."""

from __future__ import annotations

from collections.abc import Iterator

from .findings import Complaint, todo
from .inference import Inference
from .program import Module

_SERVER = "Serve with Hypercorn: `hypercorn module:app`, or `asyncio.run(hypercorn.asyncio.serve(app, Config()))`"
_MOUNT = "hypercorn.middleware.DispatcherMiddleware"
_WSGI = "hypercorn.middleware.AsyncioWSGIMiddleware"
#: What is called with the application, and what to do instead.
TAKES_WSGI = {
    **dict.fromkeys(
        (
            *("bjoern.run", "cheroot.wsgi.Server", "cherrypy.tree.graft", "eventlet.wsgi.server"),
            *("gevent.pywsgi.WSGIServer", "gevent.wsgi.WSGIServer", "tornado.wsgi.WSGIContainer", "waitress.serve"),
            *("waitress.create_server", "werkzeug.serving.make_server", "werkzeug.serving.run_simple"),
            *("wsgiref.handlers.CGIHandler", "wsgiref.simple_server.make_server"),
        ),
        _SERVER,
    ),
    **dict.fromkeys(
        ("werkzeug.middleware.dispatcher.DispatcherMiddleware", "werkzeug.wsgi.DispatcherMiddleware"),
        f"Use {_MOUNT}: it takes one dict of all paths, and WSGI applications in {_WSGI}",
    ),
    "webtest.TestApp": "Use `app.test_client()`, and await it",
}


def find_wsgi(module: Module, inference: Inference) -> Iterator[Complaint]:
    """The calls that pass an application on to something that calls it as WSGI does."""
    for call in module.calls:
        names = inference.externals(call.func, module.scopes[call])
        for name in sorted(names & TAKES_WSGI.keys()):
            yield todo(call, module.code(call), "it speaks WSGI, and Quart speaks ASGI", TAKES_WSGI[name])
