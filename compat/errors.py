"""What can go wrong, each as one sentence with the way out.

None of these is a ``RuntimeError``: Werkzeug's proxies take that for "there is nothing here", so that
``if current_user:`` would be false where it has to fail.
"""


class CompatError(Exception):
    """The base of every error that this library raises itself."""


class NotInitialised(CompatError):
    """The application has no LoginManager."""

    def __init__(self) -> None:
        super().__init__("This application has no LoginManager: call LoginManager.init_app(app) first.")


class MissingLoader(CompatError):
    """The user was asked for, and nobody has said how to load one."""

    def __init__(self) -> None:
        super().__init__(
            "Missing user_loader or request_loader: register one with "
            "@login_manager.user_loader or @login_manager.request_loader."
        )


class UserNotLoaded(CompatError):
    """``current_user`` was read where an async user loader could not run."""

    def __init__(self) -> None:
        super().__init__(
            "current_user is not loaded here, and its loader is async. Await load_user() first: "
            "in contexts pushed by hand, in hooks that also run for static files and unknown URLs, "
            "and after changing the login in the session by hand."
        )


class LoaderFailed(CompatError):
    """A loader raised AttributeError, which templates and ``hasattr`` would take for "no such attribute"."""

    def __init__(self, error: AttributeError) -> None:
        super().__init__(f"The user could not be loaded: the loader raised AttributeError: {error}")


class UserContractError(CompatError, TypeError):
    """``is_authenticated`` of a user is not a plain property, and so would always be true."""

    def __init__(self, user: object) -> None:
        super().__init__(
            f"{type(user).__name__}.is_authenticated is a method or a coroutine, which is always true. "
            "Make it a plain property, or inherit compat.UserMixin before quart_auth.AuthUser."
        )


class DurationError(CompatError, TypeError):
    """A duration is not one."""

    def __init__(self, name: str, value: object) -> None:
        super().__init__(f"{name} must be a datetime.timedelta, instead got: {value}")


class ConfigurationError(CompatError, ValueError):
    """A configuration key holds a value that means nothing."""

    def __init__(self, key: str, value: object, way_out: str) -> None:
        super().__init__(f"{key} = {value!r}: {way_out}.")


class WebsocketIsReadOnly(CompatError):
    """A login cannot be changed over a websocket: no cookie can be set once it is open."""

    def __init__(self, verb: str) -> None:
        super().__init__(
            f"{verb}() was called in a websocket, which cannot set cookies. Do it in an HTTP request."
        )


class IdentityConflict(CompatError):
    """Quart-Auth's own API and this library would disagree about who the user is."""
