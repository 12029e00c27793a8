"""The private names of LoginManager that extensions of Flask-Login and its own tests use."""

from functools import partial

import pytest
from quart import Response, request, session

from compat import DurationError, LoginManager, MissingLoader, UserNotLoaded, current_user, encode_cookie
from compat.utils import _create_identifier as create_identifier
from compat.utils import _get_user as get_user
from compat.utils import _secret_key as secret_key
from compat.utils import _user_context_processor as user_context_processor

from .site import REMEMBER, SECRET, Kind, Person, Site, set_cookies


async def test_load_user_reloads_the_user() -> None:
    """``_load_user()`` reloads the user from the session as it is now; the loader must be sync."""
    site = Site("sync")
    async with site.app.test_request_context("/"):
        assert current_user.is_anonymous
        session["_user_id"] = "2"
        site.manager._load_user()
        assert current_user.name == "henry"


async def test_load_user_needs_a_loader(site: Site) -> None:
    """Without a loader the error names the missing ones."""
    site.manager._user_callback = None
    async with site.app.test_request_context("/"):
        with pytest.raises(MissingLoader, match=r"^Missing user_loader or request_loader"):
            site.manager._load_user()


async def test_update_request_context_with_user(site: Site) -> None:
    """The user of this request can be set, without logging anybody in; None is the anonymous one."""
    async with site.app.test_request_context("/"):
        site.manager._update_request_context_with_user(site.people["1"])
        assert get_user() is site.people["1"]
        site.manager._update_request_context_with_user()
        assert current_user.is_anonymous
        assert "_user_id" not in session


async def test_session_protection_failed() -> None:
    """Whether strong protection refuses this client."""
    site = Site(SESSION_PROTECTION="strong")
    async with site.app.test_request_context("/"):
        session.update({"_user_id": "1", "_id": create_identifier()})
        assert not site.manager._session_protection_failed()
    async with site.app.test_request_context("/", headers={"User-Agent": "another"}):
        session.update({"_user_id": "1", "_id": "of another client"})
        assert site.manager._session_protection_failed()


async def test_loads_are_coroutines(kind: Kind) -> None:
    """The methods that load from a cookie or a request are coroutines, with sync and async loaders."""
    site = Site(kind)
    async with site.app.test_request_context("/"):
        good = encode_cookie("1")
        assert await site.manager._load_user_from_remember_cookie(good) is site.people["1"]
        assert await site.manager._load_user_from_remember_cookie(f"{good}0") is None
        assert await site.manager._load_user_from_request(request) is None
        site.manager.request_loader(lambda _request: site.people["2"])
        assert await site.manager._load_user_from_request(request) is site.people["2"]


async def test_remember_cookie_by_hand(site: Site) -> None:
    """The remember cookie can be set, deleted, or updated as the session says."""
    response = Response("")
    async with site.app.test_request_context("/"):
        session["_user_id"] = "1"
        site.manager._set_cookie(response)
        assert set_cookies(response)[REMEMBER].value
        response.headers.clear()
        site.manager._clear_cookie(response)
        assert set_cookies(response)[REMEMBER]["max-age"] == "0"
        response.headers.clear()
        session["_remember"] = "set"
        assert site.manager._update_remember_cookie(response) is response
        assert set_cookies(response)[REMEMBER].value


async def test_set_cookie_checks_the_duration(site: Site) -> None:
    """An invalid duration is an error, and the response is unchanged."""
    site.app.config["REMEMBER_COOKIE_DURATION"] = "123"
    async with site.app.test_request_context("/"):
        session["_user_id"] = "1"
        with pytest.raises(DurationError, match=r"REMEMBER_COOKIE_DURATION must be a datetime\.timedelta"):
            site.manager._set_cookie(Response(""))


async def test_context_processor(site: Site) -> None:
    """The context processor gives templates the user, and None outside of a request."""
    async with site.app.test_request_context("/"):
        assert (await user_context_processor())["current_user"].is_anonymous
    async with site.app.app_context():
        assert (await user_context_processor())["current_user"] is None


async def test_secret_key(site: Site) -> None:
    """A secret key of text is encoded as Latin-1, as in Flask-Login, or else as UTF-8; bytes are used as they are."""
    async with site.app.app_context():
        assert secret_key() == SECRET.encode()
        assert [secret_key("\x9e\x8f"), secret_key(b"\x9e"), secret_key("\u4f50")] == [
            b"\x9e\x8f",
            b"\x9e",
            "\u4f50".encode(),
        ]


async def test_callbacks_of_unseen_kind_cannot_be_called_now() -> None:
    """A loader that turns out to return an awaitable, in a context where nothing can await it, is an error."""
    site = Site()

    class Loader:
        __hash__ = None  # type: ignore[assignment]  # as a dataclass has it

        async def __call__(self, user_id: str) -> Person | None:
            return site.people.get(user_id)

    manager: LoginManager[Person] = site.manager
    for loader in (Loader(), partial(Loader())):
        manager.user_loader(loader)
        async with site.app.test_request_context("/"):
            session["_user_id"] = "1"
            with pytest.raises(UserNotLoaded):
                _ = current_user.name
