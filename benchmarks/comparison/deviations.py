"""The deviations of ``compat`` from Flask-Login 0.6.3 that change what a client sees; ``docs/parity.md`` has them all.

``tests/parity`` makes them in a copy of Flask-Login by name, and then demands equality; ``observe`` counts those that
it meets between quart_app and its twin.
"""

from enum import Enum


class Deviation(Enum):
    """What compat does otherwise than Flask-Login 0.6.3, and why."""

    NOBODY_IS_NOT_MARKED_STALE = (
        "Session protection marks a login stale only if its user is found: otherwise the response would overwrite a "
        "login that another request has just written"
    )
    NO_LOGIN_IS_NOT_PROTECTED = (
        "Session protection leaves a session that names no user: a message or a basket belongs to no client, and "
        "'strong' would delete the visitor's remember cookie"
    )
    MISSING_USER_GETS_NO_MESSAGE = (
        "A visitor whose session names a missing user is refused without a message and without a page kept in the "
        "session, for the same reason"
    )
    MISSING_USER_IS_NOT_SENT_AGAIN = (
        "Neither a permanent session nor, with REMEMBER_COOKIE_REFRESH_EACH_REQUEST, a remember cookie is sent again "
        "for a missing user, for the same reason"
    )
    MISSING_USER_IS_NOT_RESTORED = (
        "A valid remember cookie of a missing user writes nothing into the session: nobody was logged in"
    )
    RESTORED_LOGIN_IS_BOUND = (
        "A login restored from the remember cookie is bound to the client, or 'strong' would end it one request later"
    )
    REQUEST_LOADER_COMES_LAST = (
        "Session, cookie and request loader are tried until one gives a user: a stale cookie must not lock "
        "out an API key"
    )
    NO_BLUEPRINT_VIEW_FALLS_BACK = (
        "A blueprint's login view of None means login_view; Flask-Login's documentation says so"
    )
    NON_ASCII_SIGNATURE_IS_WRONG = "A signature that is not ASCII is a wrong signature; Flask-Login answers it with 500"
    DURATION_IS_CHECKED_FIRST = "A duration of the wrong type is an error, and nobody is logged in"
    VIEW_RUNS_ONCE = "fresh_login_required runs a view once, even if it raises AttributeError"
    DELETED_WITH_ALL_ATTRIBUTES = (
        "The remember cookie is deleted with the attributes it is set with, or browsers keep a __Host- cookie"
    )
    DELETED_AT_EVERY_PATH = (
        "The remember cookie is deleted at the paths of the page's folders, too: after REMEMBER_COOKIE_PATH was "
        "changed, a cookie of the old path would log in again"
    )
    ONLY_THE_REMOTE_ADDRESS = "The client's identifier is made from remote_addr: a client may send any X-Forwarded-For"
    COOKIE_IS_WRITTEN_LAST = (
        "The remember cookie is written after all hooks of the application, so what the last of them does to the login "
        "takes effect in this response, not in the next"
    )
    KEYS_ROTATE = "SECRET_KEY_FALLBACKS hold for remember cookies as they do for sessions"
    REQUEST_USER_IS_NOT_FRESH = (
        "A user loaded from the request is not fresh, whatever login the session had before: no "
        "password was entered for this one"
    )
    REFRESH_KEEPS_TO_EXISTING_COOKIES = (
        "REMEMBER_COOKIE_REFRESH_EACH_REQUEST renews a remember cookie that came with the request, and makes none; "
        "Flask-Login's main branch does so, too"
    )
    VARY_IF_THE_USER_WAS_USED = (
        "Vary: Cookie where the answer depends on the user; Flask-Login sends it with every answer"
    )
