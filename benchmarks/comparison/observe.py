"""What is compared after each step: answers, cookies, and what is in the database.

Random and short-lived values are compared by what they mean: a handle by its login, a token only by its presence.
``docs/parity.md`` lists what compat does otherwise than Flask-Login 0.6.3; what of it is met here is counted as a
member of :class:`.Deviation`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from . import signing
from .cookies import SetCookie
from .deviations import Deviation
from .differences import Difference, unless_equal
from .worlds import BROWSERS, FLASK, REMEMBER_COOKIE, Answer, World

#: Headers of the servers, not of the applications, and headers whose content is compared in another way.
_NOT_COMPARED = {"connection", "content-length", "date", "keep-alive", "server", "set-cookie", "vary", "x-request-id"}
_PASSING = (
    (re.compile(r'(name="csrf_token"[^>]*?value=")[^"]+'), r"\1token"),
    (re.compile(r"<time.*?</time>", re.DOTALL), "<time>"),
    (re.compile(r"/account/sessions/[0-9a-f-]{36}/end"), "/account/sessions/random/end"),
)
_DEVICE = "device"
"""How quart_app counts failed logins by browser; the twin does not count them."""
_CLOSE = 60.0
"""Seconds within which two cookies that are made one after the other may end apart, on a busy machine."""


class Observer:
    """Compares answers, cookies and rows, and counts the documented deviations that it meets."""

    def __init__(self) -> None:
        self.met: Counter[Deviation] = Counter()

    def differences(
        self, worlds: tuple[World, World], answers: tuple[Sequence[Answer], Sequence[Answer]]
    ) -> list[Difference]:
        """Where both worlds are not alike after a step."""
        if worlds[0].place == FLASK:  # quart_app's first
            worlds, answers = worlds[::-1], answers[::-1]
        found: list[Difference] = []
        for one, other in zip(*answers, strict=True):
            found += self._answers(one, other)
        for browser in BROWSERS:
            found += unless_equal(f"cookies of browser {browser}", *(self._jar(world, browser) for world in worlds))
        ours, theirs = (world.rows() for world in worlds)
        for table in ours:
            found += unless_equal(f"rows of {table}", ours[table], theirs[table])
        return found

    def _answers(self, one: Answer, other: Answer) -> Iterator[Difference]:
        yield from unless_equal("status", one.status, other.status)
        yield from unless_equal("Location", one.get("Location"), other.get("Location"))
        yield from unless_equal("headers", _headers(one), _headers(other))
        yield from unless_equal("page", _page(one), _page(other))
        varies, theirs_varies = (_varies(answer) for answer in (one, other))
        if varies and not theirs_varies:
            yield Difference("Vary: Cookie", varies, theirs_varies)
        self.met[Deviation.VARY_IF_THE_USER_WAS_USED] += theirs_varies and not varies
        cookies, theirs = (
            {cookie.name: cookie for cookie in answer.cookies if cookie.name != _DEVICE} for answer in (one, other)
        )
        for name in cookies.keys() | theirs.keys():
            ours_cookie, their_cookie = cookies.get(name), theirs.get(name)
            if ours_cookie is not None and their_cookie is not None:
                yield from self._attributes(ours_cookie, their_cookie)
            elif name == "session" and ours_cookie is None and "session" in other.sent_ended:
                self.met[Deviation.NOBODY_IS_NOT_MARKED_STALE] += 1
            elif name == "session" and ours_cookie is None and REMEMBER_COOKIE in other.sent_ended:
                self.met[Deviation.MISSING_USER_IS_NOT_RESTORED] += 1
            else:
                yield Difference(f"Set-Cookie: {name}", ours_cookie, their_cookie)

    def _attributes(self, ours: SetCookie, theirs: SetCookie) -> Iterator[Difference]:
        is_deletion = ours.deletes(1) and theirs.deletes(1)
        yield from unless_equal(f"{ours.name}: deletes", ours.deletes(1), theirs.deletes(1))
        for attribute in ("domain", "path", "secure", "httponly", "samesite", "max_age", "other"):
            one, other = getattr(ours, attribute), getattr(theirs, attribute)
            if is_deletion and ours.name == REMEMBER_COOKIE and one != other:
                self.met[Deviation.DELETED_WITH_ALL_ATTRIBUTES] += 1
            else:
                yield from unless_equal(f"{ours.name}: {attribute}", one, other)
        if ours.expires is not None and theirs.expires is not None and abs(ours.expires - theirs.expires) < _CLOSE:
            return
        yield from unless_equal(f"{ours.name}: Expires", ours.expires, theirs.expires)

    def _jar(self, world: World, browser: str) -> dict[str, object]:
        jar = world.jars[browser]
        return {name: self._meaning(world, name, jar.get(name) or "") for name, _, _ in jar.names() if name != _DEVICE}

    def _meaning(self, world: World, name: str, value: str) -> object:
        if name == REMEMBER_COOKIE:
            handle = signing.remembered_user(value)
            return "not signed" if handle is None else world.login_of(handle) or "an ended login"
        content = signing.session_content(value)
        if not isinstance(content, dict):
            return content
        login = world.login_of(content.get("_user_id"))
        meant: dict[str, Any] = {**content, "_user_id": login}
        if login is None:  # the session's other login keys have no effect then
            meant = {key: value for key, value in meant.items() if key not in ("_user_id", "_id", "_fresh")}
        elif not content.get("_fresh") and "_id" in content:
            del meant["_id"]
            self.met[Deviation.RESTORED_LOGIN_IS_BOUND] += 1
        for key in ("csrf_token", "_login"):
            if key in meant:
                meant[key] = "a random value"
        return meant


def _headers(answer: Answer) -> dict[str, str]:
    headers = {name.lower(): value for name, value in answer.headers if name.lower() not in _NOT_COMPARED}
    if "allow" in headers:  # a set: its order means nothing
        headers["allow"] = ", ".join(sorted(headers["allow"].split(", ")))
    return headers


def _page(answer: Answer) -> object:
    text = answer.text
    if "json" in (answer.get("Content-Type") or "") and text:
        return json.loads(text, object_hook=_without_moments)
    for pattern, replacement in _PASSING:
        text = pattern.sub(replacement, text)
    return text


def _without_moments(content: dict[str, object]) -> dict[str, object]:
    if "created_at" in content:
        content["created_at"] = f"a moment: {datetime.fromisoformat(str(content['created_at'])).tzinfo}"
    return content


def _varies(answer: Answer) -> bool:
    return "cookie" in (answer.get("Vary") or "").lower()
