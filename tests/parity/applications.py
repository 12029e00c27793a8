"""The application on Flask and on Quart, from the same pages and the same switches."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import flask
import quart

from .loops import Loop
from .pages import TEMPLATE_WITH_USER, TEMPLATE_WITHOUT_USER, Library, Page, describe, pages
from .people import People
from .switches import UNSET, Switches


def flask_application(switches: Switches, people: People, login: Library) -> flask.Flask:
    """The application on Flask, with Flask-Login or a namespace with the same names."""
    app = flask.Flask(__name__, static_folder=None)
    app.config.update(switches.config())
    if switches.sessions is not None:
        switches.sessions.serve_flask(app)
    manager = login.LoginManager()

    def template() -> str:
        return flask.render_template_string(TEMPLATE_WITH_USER)

    def plain_template() -> str:
        return flask.render_template_string(TEMPLATE_WITHOUT_USER)

    def refused() -> Any:
        return manager.unauthorized()

    def stale() -> Any:
        return manager.needs_refresh()

    plain = _plain_function
    _add_hooks(app, "before", switches, login, plain)
    manager.init_app(app)
    _add_hooks(app, "after", switches, login, plain)
    _add_callbacks(app, manager, switches, people, login, plain)
    _set_attributes(manager, switches, login)
    _add_pages(app, flask.Blueprint, pages(flask, login, people), login, plain)
    _add_awaiting_pages(app, template, plain_template, refused, stale)
    return app


def quart_application(switches: Switches, people: People, login: Library, loop: Loop) -> quart.Quart:
    """The application on Quart, with compat; views and callbacks are coroutine functions or not, as switched."""
    app = loop.application_class(__name__, static_folder=None)
    app.config.update(switches.config(), REMEMBER_COOKIE_ISSUE=switches.issue)
    if switches.sessions is not None:
        switches.sessions.serve_quart(app)
    manager = login.LoginManager()

    async def template() -> str:
        return await quart.render_template_string(TEMPLATE_WITH_USER)

    async def plain_template() -> str:
        return await quart.render_template_string(TEMPLATE_WITHOUT_USER)

    async def refused() -> Any:
        return await manager.unauthorized()

    async def stale() -> Any:
        return await manager.needs_refresh()

    coroutine_function = partial(_coroutine_function, loop)
    callback = coroutine_function if switches.async_callbacks else _plain_function
    view = coroutine_function if switches.async_views else _plain_function
    _add_hooks(app, "before", switches, login, callback)
    manager.init_app(app)
    _add_hooks(app, "after", switches, login, callback)
    _add_callbacks(app, manager, switches, people, login, callback)
    _set_attributes(manager, switches, login)
    _add_pages(app, quart.Blueprint, pages(quart, login, people), login, view)
    _add_awaiting_pages(app, template, plain_template, refused, stale)
    return app


def _plain_function(function: Callable[..., Any]) -> Callable[..., Any]:
    return function


def _coroutine_function(loop: Loop, function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    async def suspending(*args: Any) -> Any:
        await loop.checkpoint()
        return function(*args)

    return suspending


def _add_hooks(app: Any, moment: str, switches: Switches, login: Library, kind: Callable[..., Any]) -> None:
    def look_first() -> None:
        describe(login.current_user)

    def look_last(response: Any) -> Any:
        describe(login.current_user)
        return response

    if switches.looking_before_request == moment:
        app.before_request(kind(look_first))
    if switches.looking_after_request == moment:
        app.after_request(kind(look_last))


def _add_callbacks(
    app: Any, manager: Any, switches: Switches, people: People, login: Library, kind: Callable[..., Any]
) -> None:
    def load_from_request(request: Any) -> Any:
        return people.find_by_key(request.headers.get("X-Api-Key") or request.args.get("key"))

    def error_page(error: Any) -> tuple[str, int]:
        return f"{error.code} {describe(login.current_user)}", 400

    if switches.user_loader:
        manager.user_loader(kind(people.find))
    if switches.request_loader:
        manager.request_loader(kind(load_from_request))
    if switches.unauthorized_handler:
        manager.unauthorized_handler(kind(lambda: ("not for you", 403)))
    if switches.needs_refresh_handler:
        manager.needs_refresh_handler(kind(lambda: ("too old", 409)))
    if switches.localize:
        manager.localize_callback = kind(lambda message: f"[{message}]")
    for status in (401, 404, 500) if switches.error_pages else ():
        app.register_error_handler(status, kind(error_page))


def _set_attributes(manager: Any, switches: Switches, login: Library) -> None:
    manager.login_view = switches.login_view
    manager.refresh_view = switches.refresh_view
    manager.blueprint_login_views = {"club": "club.club_login", "cellar": None}
    if switches.custom_anonymous:
        manager.anonymous_user = type("Stranger", (login.AnonymousUserMixin,), {})
    if switches.id_attribute != UNSET:
        manager.id_attribute = switches.id_attribute
    if switches.login_message != UNSET:
        manager.login_message = manager.needs_refresh_message = switches.login_message


def _add_pages(
    app: Any, blueprint_class: type[Any], all_pages: list[Page], login: Library, kind: Callable[..., Any]
) -> None:
    blueprints = {name: blueprint_class(name, __name__) for name in ("club", "cellar", "annex")}
    for page in all_pages:
        view = kind(page.view)
        guarded = getattr(login, page.guard)(view) if page.guard else view
        home = blueprints[page.blueprint] if page.blueprint else app
        home.add_url_rule(page.rule, page.name, guarded, methods=list(page.methods))
    blueprints["club"].register_blueprint(blueprints["annex"])
    app.register_blueprint(blueprints["club"])
    app.register_blueprint(blueprints["cellar"])


def _add_awaiting_pages(app: Any, template: Any, plain_template: Any, refused: Any, stale: Any) -> None:
    app.add_url_rule("/template", "template", template)
    app.add_url_rule("/template/plain", "plain_template", plain_template)
    app.add_url_rule("/refused", "refused", refused)
    app.add_url_rule("/stale", "stale", stale)
