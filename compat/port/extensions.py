"""Flask's extensions, and what takes their place on Quart."""

from __future__ import annotations

from .kept import KEPT

_PAGE = "docs/extensions.md"
_PATCH = "or keep it for now with quart-flask-patch (0.3.0: Quart 0.22 only), imported before everything else"

#: By the package that is imported: what to do.
EXTENSIONS = {
    "flask_admin": f"Keep it, in an application of Flask beside this one ({_PAGE}#flask-admin)",
    "flask_apscheduler": "Start APScheduler's AsyncIOScheduler in a `before_serving` function",
    "flask_assets": f"Use webassets, on which it is built ({_PAGE}#flask-assets)",
    "flask_babel": f"Use quart-babel ({_PAGE}#flask-babel)",
    "flask_bcrypt": "Use bcrypt itself, in a thread: `await asyncio.to_thread(bcrypt.checkpw, ...)`",
    "flask_bootstrap": f"Write its links yourself, and use Bootstrap-Flask's macros ({_PAGE}#flask-bootstrap)",
    "flask_caching": f"Use aiocache ({_PAGE}#flask-caching), {_PATCH}",
    "flask_compress": "Use quart-compress, or let the proxy compress",
    "flask_cors": "Use quart-cors",
    "flask_dance": f"Use Authlib's AsyncOAuth2Client ({_PAGE}#authlib)",
    "flask_debugtoolbar": f"There is no counterpart: send Server-Timing ({_PAGE}#flask-debugtoolbar)",
    "flask_httpauth": f"Use quart-httpauth: a `request_loader` would accept cookies as well ({_PAGE}#flask-httpauth)",
    "flask_jwt_extended": "Use quart-jwt-extended, or a `request_loader` that reads the token",
    "flask_limiter": f"Use quart-rate-limiter, with a `key_function` of your own ({_PAGE}#flask-limiter)",
    "flask_mail": f"Use aiosmtplib in a background task ({_PAGE}#flask-mail)",
    "flask_marshmallow": f"Use marshmallow itself, {_PATCH}",
    "flask_moment": f"Write `<time>` elements and a script ({_PAGE}#flask-moment)",
    "flask_mongoengine": "Use motor or beanie",
    "flask_pagedown": "Write its script tag into the base template",
    "flask_principal": f"Write its `Permission` on current_user, in a few lines ({_PAGE}#flask-principal)",
    "flask_pymongo": "Use motor",
    "flask_redis": "Use redis.asyncio",
    "flask_restful": f"Write its resources as `MethodView`, with quart-schema ({_PAGE}#flask-restful)",
    "flask_restx": f"Write its resources as `MethodView`, with quart-schema ({_PAGE}#flask-restful)",
    "flask_script": "Use `app.cli`, as Flask itself has had since 0.11",
    "flask_security": f"Write its flows on compat, or use quart-security instead of compat ({_PAGE}#flask-security)",
    "flask_seasurf": "Use quart-wtforms' CSRFProtect",
    "flask_session": "Use `compat.server_sessions.Session` with a client of redis.asyncio: it reads the same sessions",
    "flask_smorest": "Use quart-schema",
    "flask_socketio": "Use Quart's own websockets, or python-socketio's AsyncServer with `compat.load_user_from_scope`",
    "flask_sslify": f"Use Hypercorn's HTTPToHTTPSRedirectMiddleware ({_PAGE}#flask-talisman-and-flask-sslify)",
    "flask_talisman": f"Set the headers in an `after_request` function ({_PAGE}#flask-talisman-and-flask-sslify)",
    "flask_themes": f"Give `render_template` a list of templates ({_PAGE}#flask-themes)",
    "flask_themes2": f"Give `render_template` a list of templates ({_PAGE}#flask-themes)",
    "flask_uploads": "Use quart-uploads",
    "flask_testing": "Use `app.test_client()` and pytest-asyncio",
    "pytest_flask": "Write the fixtures `app` and `client` yourself",
    "flask_unittest": "Use unittest.IsolatedAsyncioTestCase",
    "flask_cachecontrol": "Set `response.cache_control` in an `after_request` function",
}

#: Modules for Flask in packages that are not: by how the dotted name begins.
INTEGRATIONS = {
    "apispec_webframeworks.flask": "Use quart-schema",
    "authlib.integrations.flask_client": f"Use Authlib's AsyncOAuth2Client ({_PAGE}#authlib)",
    "opentelemetry.instrumentation.flask": "Use opentelemetry.instrumentation.asgi",
    "prometheus_flask_exporter": "Use prometheus-client, with a view of its own",
    "sentry_sdk.integrations.flask": "Use sentry_sdk.integrations.quart",
    "webargs.flaskparser": "Use quart-schema, or write an AsyncParser of webargs for Quart's request",
}

#: The distributions that requirements name.
DISTRIBUTIONS = {
    "flask": "quart",
    "flask-login": "quart-flask-login",
    "flask-wtf": "quart-wtforms",
    "gunicorn": "hypercorn",
    "uwsgi": "hypercorn",
    "waitress": "hypercorn",
    "mod-wsgi": "hypercorn",
    "pytest-flask": "pytest-asyncio",
}


def advice(dotted: str) -> str | None:
    """What to do about an import of *dotted*; None if it is not made for Flask."""
    package = dotted.partition(".")[0]
    if package in ("flask", "flask_login", "flask_wtf") or package in KEPT:
        return None
    for beginning, instead in INTEGRATIONS.items():
        if f"{dotted}.".startswith(f"{beginning}."):
            return instead
    known = EXTENSIONS.get(package)
    if known is None and package.startswith("flask_"):
        return f"Look for a counterpart (quart_{package.removeprefix('flask_')}?), {_PATCH}"
    if known is None and any(part.startswith("flask") for part in dotted.split(".")):
        return "Look for its counterpart, or write the few lines of it that you use with Quart's names"
    return known
