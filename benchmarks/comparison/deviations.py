"""The deviations of ``compat`` from Flask-Login 0.6.3 that change what a client sees; ``docs/parity.md`` has them all.

``tests/parity`` makes them in a copy of Flask-Login by name, and then demands equality; ``observe`` counts those that
it meets between quart_app and its twin.
"""

from enum import Enum


class Deviation(Enum):
    """What compat does otherwise than Flask-Login 0.6.3, and why."""

    FORGETS_WHO_IS_GONE = (
        "An id whose user is gone is removed from the session when the user is looked at; documented so by Flask-Login"
    )
    NOTHING_WRITTEN_FOR_NOBODY = (
        "A good remember cookie whose user is gone writes nothing into the session: nobody was logged in"
    )
    RESTORED_LOGIN_IS_BOUND = (
        "A login restored from the remember cookie gets the client's identifier, or 'strong' ends it one request later"
    )
    REQUEST_LOADER_IS_ASKED = "Session, then cookie, then request loader: a useless cookie does not shut the loader out"
    NONE_FALLS_BACK = "A blueprint's login view of None means login_view; documented so by Flask-Login"
    NOT_ASCII_IS_NO_SIGNATURE = "A signature that is not ASCII is a wrong one, where Flask-Login answers 500"
    DURATION_IS_CHECKED_FIRST = "A duration of the wrong type logs nobody in"
    VIEW_RUNS_ONCE = "fresh_login_required runs a view once, also one that raises AttributeError"
    ALL_ATTRIBUTES_ON_DELETION = (
        "The remember cookie is deleted with the attributes it is set with, or browsers keep a __Host- cookie"
    )
    ONLY_THE_REAL_ADDRESS = "The identifier takes remote_addr; X-Forwarded-For says whatever the client likes"
    ENDS_LAST = (
        "The remember cookie is settled after all hooks of the application, so what the last of them does to the login "
        "holds for this response, not for the next"
    )
    KEYS_ROTATE = "SECRET_KEY_FALLBACKS hold for remember cookies as they do for sessions"
    REQUEST_IS_NOT_FRESH = (
        "A user loaded from the request is not fresh, whatever earlier login the session is left from: nobody has "
        "entered a password for this one"
    )
    REFRESH_ONLY_WHO_ASKED = (
        "REMEMBER_COOKIE_REFRESH_EACH_REQUEST slides a remember cookie that came with the request, and makes none; "
        "Flask-Login's main branch does so, too"
    )
    VARY_WHERE_IT_DOES = "Vary: Cookie where the answer depends on the user; Flask-Login sends it with every answer"
