"""The errors of this library; each message says how to correct the mistake."""


class CompatError(Exception):
    """The base of every error that this library raises itself."""

    message = "{}"

    def __init__(self, *details: object) -> None:
        super().__init__(self.message.format(*details))


class NotInitialised(CompatError):
    """The application has no LoginManager."""

    message = "This application has no LoginManager: call LoginManager.init_app(app) first."


class MissingLoader(CompatError):
    """The user was accessed, and the LoginManager has no loader."""

    message = (
        "Missing user_loader or request_loader: register one with "
        "@login_manager.user_loader or @login_manager.request_loader."
    )


class UserNotLoaded(CompatError, RuntimeError):
    """``current_user`` was read where an async loader could not run."""

    message = (
        "current_user is not loaded here, and its loader is async. Await compat.load_user() first: in contexts "
        "pushed by hand, in hooks that also run for static files and unknown URLs, and after changing the "
        "login in the session by hand."
    )


class NoCurrentUser(CompatError, AttributeError):
    """An attribute of ``current_user`` was read where there is neither a request nor a websocket."""

    message = (
        "current_user.{} was read outside of a request and a websocket, where current_user is None. Read it in the "
        "view, and pass its value to what runs elsewhere: a background task, a thread, a command."
    )


class LoaderFailed(CompatError):
    """A loader raised AttributeError, which templates and ``hasattr`` would take for a missing attribute."""

    message = "The user could not be loaded: the loader raised AttributeError: {}"


class UserContractError(CompatError, TypeError):
    """``is_authenticated`` or ``is_active`` of a user is not a plain property, or ``get_id`` not a plain method.

    A method or a coroutine would always be true, and a coroutine is not an id.
    """

    message = (
        "{}.{} cannot be used: is_authenticated and is_active have to be plain properties, get_id() a plain method, "
        "and none of them async. Correct it, or inherit compat.UserMixin before quart_auth.AuthUser."
    )


class UserNotSaved(CompatError, ValueError):
    """A user has no id yet, because it was not saved, and so cannot be found again."""

    message = (
        "This {} has no id yet: save it to the database before its id is used, such as by login_user(). "
        "If its primary key has another name than id, define get_id()."
    )


class DurationError(CompatError, TypeError):
    """A value that has to be a duration is none."""

    message = "{} must be a datetime.timedelta, instead got: {}"


class ConfigurationError(CompatError, ValueError):
    """A setting has an invalid value."""

    message = "{} = {!r}: {}."


class WebsocketIsReadOnly(CompatError, RuntimeError):
    """A login cannot change over a websocket, which cannot set cookies."""

    message = "{}() was called in a websocket, which cannot set cookies: do it in an HTTP request."


class HeadersSent(CompatError, RuntimeError):
    """A login cannot change once the response has its headers: cookies are among them."""

    message = (
        "{}() was called after the headers of the response were complete, in a streamed body or a background task, "
        "and could not change a cookie: do it in the view, before it returns its response, or in another request."
    )


class UnsupportedEventLoop(CompatError, RuntimeError):
    """The server runs another event loop than the application needs: Trio for Quart, or asyncio for Quart-Trio."""

    message = (
        "This server does not run the event loop that the application is made for. Quart needs asyncio "
        "(Hypercorn's worker classes asyncio and uvloop), and Quart-Trio needs Trio (worker class trio)."
    )


class IdentityConflict(CompatError):
    """Quart-Auth's own API and this library would have different users."""
