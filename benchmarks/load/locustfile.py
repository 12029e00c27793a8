"""People: they arrive, log in by the form with its token, look around, ask the API, watch who is online, and leave.

    locust -f benchmarks/load/locustfile.py --headless --host http://127.0.0.1:8000 --users 200 --spawn-rate 20 -t 2m

Each is one of the accounts ``user1`` to ``user<LOAD_ACCOUNTS>`` (1,000), which ``quart --app quart_app seed`` makes.
A third want to be remembered; these close the browser now and then, and come back by their remember cookie.
"""

from __future__ import annotations

import os
import re
from contextlib import closing
from itertools import count
from random import random

import websocket
from locust import HttpUser, between, task
from locust.exception import StopUser

_ACCOUNTS = int(os.environ.get("LOAD_ACCOUNTS", "1000"))
_PASSWORD = os.environ.get("LOAD_PASSWORD", "a password for load tests")
_TOKEN = re.compile(r'name="csrf_token"[^>]*?value="([^"]+)"')
_REMEMBER = 1 / 3
_WATCH = 30.0  # seconds for the first message of the live page, on a machine that is busy with other things
_FOUND = 302

_numbers = count()


class Person(HttpUser):
    """A person with an account and a browser."""

    wait_time = between(0.5, 3.0)
    username: str
    is_remembered: bool

    def on_start(self) -> None:
        """Arrive, be sent to the login page, and log in."""
        self.username = f"user{next(_numbers) % _ACCOUNTS + 1}"
        self.is_remembered = random() < _REMEMBER
        self.client.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
        page = self.client.get("/", name="/ (arriving)").text
        fields = {"csrf_token": self._token(page), "username": self.username, "password": _PASSWORD}
        if self.is_remembered:
            fields["remember_me"] = "y"
        with self.client.post("/login", fields, allow_redirects=False, catch_response=True) as answer:
            if answer.status_code != _FOUND or "/login" in answer.headers["Location"]:
                answer.failure(f"{self.username} cannot log in: seed the accounts, and switch throttling off")
                raise StopUser
            answer.success()
        self.look_at_home()

    def on_stop(self) -> None:
        """Log out, by the button that every page has; some only close the browser."""
        if self.is_remembered:
            return
        page = self.client.get("/", name="/").text
        self.client.post("/logout", {"csrf_token": self._token(page)}, allow_redirects=False)

    @task(8)
    def look_at_home(self) -> None:
        """Open the home page, which greets by name."""
        with self.client.get("/", catch_response=True) as answer:
            if f"Hi, {self.username}!" not in answer.text:
                answer.failure("not greeted by name")

    @task(3)
    def look_at_account(self) -> None:
        """Open the account page."""
        self.client.get("/account")

    @task(4)
    def ask_the_api(self) -> None:
        """Ask who one is."""
        with self.client.get("/api/v1/me", catch_response=True) as answer:
            if answer.json().get("username") != self.username:
                answer.failure("the page greets another user")

    @task(1)
    def close_the_browser(self) -> None:
        """Lose the session cookie; a remembered user is logged in at the next page all the same."""
        if self.is_remembered:
            self.client.cookies.pop("session", None)
            self.look_at_home()

    @task(1)
    def watch_who_is_online(self) -> None:
        """Open the live page and its websocket, and read what it says at first."""
        self.client.get("/live")
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.client.cookies)
        url = (self.host or "").replace("http", "ws", 1) + "/live/ws"
        with self.environment.events.request.measure("WS", "/live/ws"):
            agent = f"User-Agent: {self.client.headers['User-Agent']}"
            with closing(websocket.create_connection(url, timeout=_WATCH, cookie=cookies, header=[agent])) as socket:
                socket.recv()

    def _token(self, page: str) -> str:
        found = _TOKEN.search(page)
        if found is None:
            raise StopUser
        return found[1]
