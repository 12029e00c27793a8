"""Flask's extensions, and what takes their place on Quart."""

from __future__ import annotations

_PATCH = "or keep it for now with quart-flask-patch (0.3.0: Quart 0.22 only), imported before everything else"

#: By the package that is imported: what to do.
EXTENSIONS = {
    "flask_admin": "There is no counterpart: serve it from a Flask application of its own beside this one",
    "flask_apscheduler": "Start APScheduler's AsyncIOScheduler in a `before_serving` function",
    "flask_assets": "Build the files ahead, with webassets or a bundler",
    "flask_babel": "Use quart-babel",
    "flask_bcrypt": "Use bcrypt itself, in a thread: `await asyncio.to_thread(bcrypt.checkpw, ...)`",
    "flask_bootstrap": "Write the base template's links yourself, or use quart-bootstrap",
    "flask_caching": f"Use aiocache, {_PATCH}",
    "flask_compress": "Use quart-compress, or let the proxy compress",
    "flask_cors": "Use quart-cors",
    "flask_dance": "Use Authlib's Starlette client or quart-oauth",
    "flask_debugtoolbar": "There is no counterpart",
    "flask_httpauth": "Write a `request_loader`, or use Quart-Auth's basic authentication",
    "flask_jwt_extended": "Use quart-jwt-extended, or a `request_loader` that reads the token",
    "flask_limiter": "Use quart-rate-limiter",
    "flask_mail": "Use aiosmtplib in a background task: `app.add_background_task(...)`",
    "flask_marshmallow": f"Use marshmallow itself, {_PATCH}",
    "flask_migrate": "Use alembic itself, with its async template: `alembic init -t async migrations`",
    "flask_moment": "Write its two script tags into the base template",
    "flask_mongoengine": "Use motor or beanie",
    "flask_pagedown": "Write its script tag into the base template",
    "flask_principal": "Check permissions in a decorator of your own",
    "flask_pymongo": "Use motor",
    "flask_redis": "Use redis.asyncio",
    "flask_restful": "Write its resources as `quart.views.MethodView`, with quart-schema for the arguments",
    "flask_restx": "Write its resources as `quart.views.MethodView`, with quart-schema for the arguments",
    "flask_script": "Use `app.cli`, as Flask itself has had since 0.11",
    "flask_security": "Write its flows on compat: it has no counterpart",
    "flask_seasurf": "Use quart-wtforms' CSRFProtect",
    "flask_session": "Use `compat.server_sessions.Session` with a client of redis.asyncio: it reads the same sessions",
    "flask_smorest": "Use quart-schema",
    "flask_socketio": "Use Quart's own websockets, or python-socketio's AsyncServer with `compat.load_user_from_scope`",
    "flask_sqlalchemy": "Use SQLAlchemy's asyncio extension, or keep it for now: docs/porting.md has the lines for it",
    "flask_talisman": "Set the headers in an `after_request` function, or use secure",
    "flask_uploads": "Use quart-uploads",
    "flask_testing": "Use `app.test_client()` and pytest-asyncio",
    "pytest_flask": "Write the fixtures `app` and `client` yourself",
    "flask_unittest": "Use unittest.IsolatedAsyncioTestCase",
    "flask_cachecontrol": "Set `response.cache_control` in an `after_request` function",
}

#: Modules for Flask in packages that are not: by how the dotted name begins.
INTEGRATIONS = {
    "apispec_webframeworks.flask": "Use quart-schema",
    "authlib.integrations.flask_client": "Use Authlib's httpx client: `authlib.integrations.httpx_client`",
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
    if package in ("flask", "flask_login", "flask_wtf"):
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
