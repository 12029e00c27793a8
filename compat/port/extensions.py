"""Flask's extensions, and what takes their place on Quart."""

from __future__ import annotations

from .kept import KEPT

#: Every distribution that is named here as a replacement, with the version that the package index had in November 2026.
SEEN = {
    "aiocache": "0.12.3",
    "aiosmtplib": "5.1.3",
    "APScheduler": "3.11.3",
    "Authlib": "1.9.10",
    "beanie": "2.2.0",
    "Bootstrap-Flask": "2.6.0",
    "marshmallow": "4.4.0",
    "opentelemetry-instrumentation-asgi": "0.66b2",
    "prometheus-client": "0.26.0",
    "pymongo": "4.20.1",
    "pytest-asyncio": "1.5.0",
    "python-socketio": "5.18.1",
    "quart-babel": "1.0.7",
    "quart-compress": "0.2.1",
    "quart-cors": "0.8.0",
    "quart-flask-patch": "0.3.0",
    "quart-httpauth": "0.0.1",
    "quart-jwt-extended": "0.1.0",
    "quart-rate-limiter": "0.12.1",
    "quart-schema": "0.25.0",
    "quart-security": "2.0.3",
    "quart-uploads": "0.0.4",
    "quart-wtforms": "1.0.3",
    "redis": "8.1.0",
    "sentry-sdk": "2.75.0",
    "webargs": "8.7.1",
    "webassets": "3.0.0",
}
_PAGE = "docs/extensions.md"
_NAMES = {name: f"{name} {version}" for name, version in SEEN.items()}

_PATCH = "or keep it for now with {quart-flask-patch} (Quart 0.22 only), imported before everything else"
_NO_LOADER = (
    "Not a `request_loader`: beside it `login_required` takes session cookies too, which other sites' forms send"
)

#: What to do, by the imported package. Names in braces are those of SEEN, and ``(#...)`` is a heading of _PAGE.
EXTENSIONS = {
    "flask_admin": "Keep it, in an application of Flask beside this one (#flask-admin)",
    "flask_apscheduler": "Start the AsyncIOScheduler of {APScheduler} in a `before_serving` function",
    "flask_assets": "Use {webassets}, on which it is built (#flask-assets)",
    "flask_babel": "Use {quart-babel} (#flask-babel)",
    "flask_bootstrap": "Write its links yourself, and use the macros of {Bootstrap-Flask} (#flask-bootstrap)",
    "flask_caching": f"Use {{aiocache}} (#flask-caching), {_PATCH}",
    "flask_compress": "Use {quart-compress}, or let the proxy compress",
    "flask_cors": "Use {quart-cors}",
    "flask_dance": "Use the AsyncOAuth2Client of {Authlib} (#authlib)",
    "flask_debugtoolbar": "There is no counterpart: send Server-Timing (#flask-debugtoolbar)",
    "flask_httpauth": f"Use {{quart-httpauth}} (#flask-httpauth). {_NO_LOADER}",
    "flask_jwt_extended": f"Use {{quart-jwt-extended}}, or check the token in a decorator of your own. {_NO_LOADER}",
    "flask_limiter": "Use {quart-rate-limiter}, with a `key_function` of your own (#flask-limiter)",
    "flask_mail": "Use {aiosmtplib} in a background task (#flask-mail)",
    "flask_marshmallow": f"Use {{marshmallow}} itself, {_PATCH}",
    "flask_moment": "Write `<time>` elements and a script (#flask-moment)",
    "flask_mongoengine": "Use {beanie}, or the AsyncMongoClient of {pymongo}",
    "flask_pagedown": "Write its script tag into the base template",
    "flask_principal": "Write its `Permission` on current_user, in a few lines (#flask-principal)",
    "flask_pymongo": "Use the AsyncMongoClient of {pymongo}",
    "flask_redis": "Use redis.asyncio of {redis}",
    "flask_restful": "Write its resources as `MethodView`, with {quart-schema} (#flask-restful)",
    "flask_restx": "Write its resources as `MethodView`, with {quart-schema} (#flask-restful)",
    "flask_script": "Use `app.cli`, as Flask itself has had since 0.11",
    "flask_seasurf": "Use CSRFProtect of {quart-wtforms}, and WTF_CSRF_FIELD_NAME = '_csrf_token' to keep templates",
    "flask_security": "Write its flows on compat, or use {quart-security} instead of compat (#flask-security)",
    "flask_session": "With Redis use `compat.server_sessions.Session` (docs/flask-session.md); other stores have none",
    "flask_smorest": "Use {quart-schema}",
    "flask_socketio": (
        "Use Quart's own websockets, or the AsyncServer of {python-socketio} with `compat.load_user_from_scope`"
    ),
    "flask_sslify": "Use Hypercorn's HTTPToHTTPSRedirectMiddleware (#flask-talisman-and-flask-sslify)",
    "flask_talisman": "Set the headers in an `after_request` function (#flask-talisman-and-flask-sslify)",
    "flask_themes": "Give `render_template` a list of templates (#flask-themes)",
    "flask_themes2": "Give `render_template` a list of templates (#flask-themes)",
    "flask_uploads": "Use {quart-uploads}",
    "flask_testing": "Use `app.test_client()` and {pytest-asyncio}",
    "pytest_flask": "Write the fixtures `app` and `client` yourself",
    "flask_unittest": "Use unittest.IsolatedAsyncioTestCase",
    "flask_cachecontrol": "Set `response.cache_control` in an `after_request` function",
}

#: Extensions that work on Quart as they are: what to know of them.
UNCHANGED = {
    "flask_bcrypt": (
        "it works as it is, and every other request waits while a password is hashed",
        "Hash in a thread: `await asyncio.to_thread(bcrypt.check_password_hash, ...)`",
    ),
}

#: Modules for Flask in packages that are not: by how the dotted name begins.
INTEGRATIONS = {
    "apispec_webframeworks.flask": "Use {quart-schema}",
    "authlib.integrations.flask_client": "Use the AsyncOAuth2Client of {Authlib} (#authlib)",
    "opentelemetry.instrumentation.flask": "Use {opentelemetry-instrumentation-asgi}",
    "prometheus_flask_exporter": "Use {prometheus-client}, with a view of its own",
    "sentry_sdk.integrations.flask": "Use sentry_sdk.integrations.quart of {sentry-sdk}",
    "webargs.flaskparser": "Use {quart-schema}, or write an AsyncParser of {webargs} for Quart's request",
}

#: The distributions that requirements name.
DISTRIBUTIONS = {
    "dash": "dash[quart,async]",
    "flask": "quart",
    "flask-login": "quart-flask-login",
    "flask-wtf": "quart-flask-login[forms]",
    "gunicorn": "hypercorn",
    "uwsgi": "hypercorn",
    "waitress": "hypercorn",
    "mod-wsgi": "hypercorn",
    "pytest-flask": "pytest-asyncio",
}


def advice(dotted: str) -> str | None:
    """What to do about an import of *dotted*; None if it is not made for Flask, or is kept."""
    text = _advice(dotted)
    return None if text is None else text.format_map(_NAMES).replace("(#", f"({_PAGE}#")


def _advice(dotted: str) -> str | None:
    package = dotted.partition(".")[0]
    if package in ("flask", "flask_login", "flask_wtf") or package in KEPT or package in UNCHANGED:
        return None
    for beginning, instead in INTEGRATIONS.items():
        if f"{dotted}.".startswith(f"{beginning}."):
            return instead
    known = EXTENSIONS.get(package)
    if known is None and package.startswith("flask_"):
        return f"Do what it does with Quart's own names, {_PATCH}"
    if known is None and any(part.startswith("flask") for part in dotted.split(".")):
        return "Write the few lines of it that you use with Quart's names"
    return known
