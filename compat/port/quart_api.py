"""What Quart makes async of what Flask has: checked against the installed Quart by tests/port/test_quart_api.py."""

from __future__ import annotations

APP, BLUEPRINT = "quart.Quart", "quart.Blueprint"
REQUEST, RESPONSE, CLIENT = "quart.Request", "quart.Response", "quart.testing.QuartClient"
APP_CONTEXT, REQUEST_CONTEXT = "quart.AppContext", "quart.RequestContext"
TRANSACTION = "quart.testing.QuartClient.session_transaction()"
MANAGER, FORM = "compat.LoginManager", "compat.forms.FlaskForm"
FILES, FILE = "quart.Request.files", "quart.datastructures.FileStorage"
VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "trace")

#: Names that are objects, and attributes that are: what they are objects of.
OBJECTS = {
    "quart.request": REQUEST,
    "quart.current_app": APP,
    f"{REQUEST}.files": FILES,
    f"{FILES}[]": FILE,
    f"{CLIENT}.application": APP,
    **dict.fromkeys(("flask_testing.TestCase.client", "flask_testing.utils.TestCase.client"), CLIENT),
    **dict.fromkeys(("flask_testing.TestCase.app", "flask_testing.utils.TestCase.app"), APP),
    f"{APP}.login_manager": MANAGER,
    "dash.Dash.server": APP,
}

#: Attributes that are to be awaited.
AWAITED_ATTRIBUTES = {
    *(f"{REQUEST}.{name}" for name in ("form", "files", "data", "values", "json")),
    *(f"{RESPONSE}.{name}" for name in ("data", "json")),
}

#: Methods of templates that are rendered by themselves: Quart's are async, and have others of these names for that.
RENDERS = {
    f"{APP}.jinja_env.{name}().{method}": f"{method}_async"
    for name in ("from_string", "get_or_select_template", "get_template", "select_template")
    for method in ("render", "make_module")
}

#: Calls that are to be awaited.
AWAITED_CALLS = {
    *RENDERS,
    *(f"quart.{name}" for name in ("render_template", "render_template_string", "stream_template")),
    *(f"quart.{name}" for name in ("stream_template_string", "flash", "make_response", "send_file")),
    "quart.send_from_directory",
    *(f"{REQUEST}.{name}" for name in ("get_json", "get_data", "close")),
    *(f"{RESPONSE}.{name}" for name in ("get_json", "get_data", "freeze", "make_conditional", "add_etag")),
    *(f"{CLIENT}.{name}" for name in (*VERBS, "open")),
    *(f"{context}.{name}" for context in (APP_CONTEXT, REQUEST_CONTEXT) for name in ("push", "pop")),
    *(
        f"{APP}.{name}"
        for name in (
            *("make_response", "send_static_file", "preprocess_request", "process_response", "finalize_request"),
            *("dispatch_request", "full_dispatch_request", "update_template_context", "make_default_options_response"),
            *("handle_exception", "handle_http_exception", "handle_user_exception", "do_teardown_appcontext"),
        )
    ),
    f"{APP}.ensure_sync()",
    f"{APP}.ensure_async()",
    f"{BLUEPRINT}.send_static_file",
    "quart.views.View.as_view()",
    "quart.views.MethodView.as_view()",
    "quart.views.View.dispatch_request",
    "quart.views.MethodView.dispatch_request",
    "quart.sessions.SecureCookieSessionInterface.open_session",
    "quart.sessions.SecureCookieSessionInterface.save_session",
    f"{MANAGER}.unauthorized",
    f"{MANAGER}.needs_refresh",
    f"{FILE}.save",
    *(f"{FORM}.{name}" for name in ("create_form", "validate", "validate_on_submit")),
}

#: The types of what calls return.
RESULTS = {
    APP: APP,
    BLUEPRINT: BLUEPRINT,
    RESPONSE: RESPONSE,
    "dict": "dict",
    MANAGER: MANAGER,
    CLIENT: CLIENT,
    **dict.fromkeys(
        ("quart.make_response", "quart.send_file", "quart.send_from_directory", "quart.jsonify", "quart.redirect"),
        RESPONSE,
    ),
    f"{APP}.make_response": RESPONSE,
    f"{APP}.response_class": RESPONSE,
    f"{APP}._get_current_object": APP,
    f"{REQUEST}._get_current_object": REQUEST,
    f"{APP}.test_client": CLIENT,
    f"{APP}.app_context": APP_CONTEXT,
    f"{APP}.test_request_context": REQUEST_CONTEXT,
    f"{APP}.request_context": REQUEST_CONTEXT,
    **{f"{CLIENT}.{name}": RESPONSE for name in (*VERBS, "open")},
    f"{CLIENT}.session_transaction": TRANSACTION,
    f"{CLIENT}.__enter__": CLIENT,
    f"{FILES}.get": FILE,
}

#: Context managers that are entered with ``async with``.
ASYNC_CONTEXTS = {CLIENT, APP_CONTEXT, REQUEST_CONTEXT, TRANSACTION}

#: Names that need the user to be loaded: where no hook has done that, ``load_user`` is awaited first.
ASKS_FOR_USER = {
    f"compat.{name}"
    for name in ("current_user", "login_fresh", "login_remembered", "login_user", "logout_user", "confirm_login")
}

_HOOKS = (
    *("route", "get", "post", "put", "patch", "delete", "endpoint", "add_url_rule"),
    *("before_request", "after_request", "teardown_request", "teardown_appcontext"),
    *("before_app_request", "after_app_request", "teardown_app_request"),
    *("errorhandler", "app_errorhandler", "register_error_handler"),
    *("context_processor", "app_context_processor", "before_first_request", "before_app_first_request"),
    *("before_serving", "after_serving"),
)
#: Who is given one of these functions calls it for a request, and awaits it.
HOOKS = {
    *(f"{owner}.{name}" for owner in (APP, BLUEPRINT) for name in _HOOKS),
    *(
        f"{MANAGER}.{name}"
        for name in ("user_loader", "request_loader", "unauthorized_handler", "needs_refresh_handler")
    ),
    "quart.after_this_request",
    "quart.stream_with_context",
}
#: Decorators of functions that give the user.
LOADERS = {f"{MANAGER}.{name}" for name in ("user_loader", "request_loader")}
#: Bases of the classes of users.
USERS = {"compat.UserMixin", "compat.AnonymousUserMixin"}
#: Attributes of a login manager that are awaited, as what its decorators register is.
AWAITED_CALLBACKS = {"unauthorized_callback", "needs_refresh_callback"}
_SESSION_METHODS = {"open_session", "save_session"}
#: The methods that Quart awaits, by the base class.
AWAITED_METHODS = {
    "quart.views.View": {"dispatch_request"},
    "quart.views.MethodView": {"dispatch_request", *VERBS},
    FORM: {"validate", "validate_on_submit"},
    "quart.sessions.SessionInterface": _SESSION_METHODS,
    "quart.sessions.SecureCookieSessionInterface": _SESSION_METHODS,
}
#: Attributes of an application that hold functions, sync or async, which Quart awaits.
AWAITED_TABLES = {
    *(f"{APP}.{name}" for name in ("view_functions", "error_handler_spec", "template_context_processors")),
    *(f"{APP}.{name}_request_funcs" for name in ("before", "after", "teardown")),
    *(f"{APP}.jinja_env.{name}" for name in ("globals", "filters", "tests")),
}
#: The type of the argument with which a function is called that is registered by one of these.
GIVEN = {
    **{f"{owner}.{name}": RESPONSE for owner in (APP, BLUEPRINT) for name in ("after_request", "after_app_request")},
    "quart.after_this_request": RESPONSE,
    f"{MANAGER}.request_loader": REQUEST,
}
#: Methods that only an application has: a call of one tells that its object, of unknown type, is an application.
UNMISTAKABLE_METHODS = {"test_client", "app_context", "test_request_context", "test_cli_runner"}
#: Calls to await that nothing else has: their owner may be unknown.
UNMISTAKABLE_CALLS = {"validate_on_submit", "get_json"}
#: Decorators that nothing else has: their owner may be unknown.
UNMISTAKABLE_HOOKS = {
    *("route", "before_request", "after_request", "teardown_request", "teardown_appcontext", "before_app_request"),
    *("after_app_request", "errorhandler", "app_errorhandler", "context_processor", "app_context_processor"),
    *("user_loader", "request_loader", "unauthorized_handler", "needs_refresh_handler"),
}
#: Who takes functions sync or async, as they are.
WELCOME = {
    *(
        f"{owner}.{name}"
        for owner in (APP, BLUEPRINT)
        for name in (
            *("template_filter", "template_global", "template_test", "add_template_filter", "add_template_global"),
            *("app_template_filter", "app_template_global", "app_template_test", "add_template_test"),
            *("add_background_task", "ensure_async"),
        )
    ),
    *("flask_caching.Cache.delete_memoized", "flask_caching.Cache.delete_memoized_verhash"),
    *("quart_wtf.CSRFProtect.exempt", "flask_seasurf.SeaSurf.exempt", "flask_seasurf.SeaSurf.include"),
    *(  # these note what they are given, and give it back
        f"{package}.{owner}.{name}"
        for package in ("flask_restx", "flask_restplus")
        for owner in ("Namespace", "Api")
        for name in ("deprecated", "doc", "hide", "param", "produces", "response", "vendor")
    ),
    *("quart.copy_current_request_context", "quart.render_template", "quart.render_template_string"),
    *("compat.login_required", "compat.fresh_login_required", "compat.anonymous_required", "compat.login_exempt"),
    *("functools.wraps", "functools.update_wrapper", "pytest.fixture", "staticmethod", "classmethod"),
    *("asyncio.run", "contextlib.contextmanager", "contextlib.asynccontextmanager", "abc.abstractmethod"),
    *("hasattr", "id", "issubclass", "type"),
    *("isinstance", "print", "repr", "callable", "getattr", "pytest_asyncio.fixture", "typing.override"),
}
#: Decorators of commands; Flask runs these in an application context.
COMMANDS = (f"{APP}.cli.command", f"{BLUEPRINT}.cli.command", "quart.cli.AppGroup.command")
#: Callers that call a function synchronously that is passed to them, and the reason for the report.
SYNC_ONLY = {
    **{
        f"{owner}.{name}": "Quart calls it synchronously"
        for owner in (APP, BLUEPRINT)
        for name in (
            *("url_value_preprocessor", "url_defaults", "shell_context_processor", "app_url_defaults"),
            "app_url_value_preprocessor",
        )
    },
    **dict.fromkeys(("click.command", "click.group", *COMMANDS), "click calls it synchronously"),
    "sqlalchemy.event.listens_for": "SQLAlchemy calls it synchronously",
    **dict.fromkeys(
        ("property", "functools.cached_property", "werkzeug.utils.cached_property"),
        "code that reads an attribute does not await it",
    ),
    **dict.fromkeys(("functools.cache", "functools.lru_cache", "atexit.register"), "it is called synchronously"),
}

#: Attributes that Flask's objects have and Quart's lack, and what to use instead.
GONE = {
    f"{APP}.wsgi_app": "Middleware is ASGI: wrap `app.asgi_app`; behind a proxy use Hypercorn's ProxyFixMiddleware",
    f"{APP}.async_to_sync": "Await the coroutine",
    f"{APP}.json_encoder": "Subclass `quart.json.provider.DefaultJSONProvider`, as in Flask 2.3",
    f"{REQUEST}.environ": "Use `request.scope`, the ASGI scope, or the headers",
    f"{REQUEST}.stream": "Iterate over the body: `async for data in request.body`",
    f"{REQUEST}.input_stream": "Iterate over the body: `async for data in request.body`",
    f"{REQUEST}.remote_user": "Read it from a header that your proxy sets",
    f"{REQUEST}.is_multithread": "Drop it",
    f"{REQUEST}.is_multiprocess": "Drop it",
    f"{REQUEST}.is_run_once": "Drop it",
    f"{RESPONSE}.call_on_close": "Do it in an `after_this_request` or `teardown_request` function",
    f"{RESPONSE}.stream": "Give the response an async generator",
    f"{RESPONSE}.is_streamed": "Drop it",
    f"{RESPONSE}.iter_encoded": "Iterate with `async with response.response as body: async for data in body`",
    f"{RESPONSE}.request": "Quart's test responses do not keep their request: assert on `response.location`",
    f"{RESPONSE}.history": "Quart's test responses do not keep redirects: request them one by one",
    f"{CLIENT}.get_cookie": "Look into `client.cookie_jar`, an `http.cookiejar.CookieJar`",
    f"{APP}.test_cli_runner().isolated_filesystem": "Use pytest's tmp_path",
}
