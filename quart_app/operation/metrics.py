"""The metrics of the application, for Prometheus.

Labels have few values, whatever clients send: routes instead of paths, known methods, classes of status.
"""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from quart_app.extension import Extension

from .workers import Share, share_of_this_process

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WEBSOCKET"})
_SWITCHED = 101
_HASH_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10)


class Metrics:
    """The metrics of one application in this process, and their text for all processes of a server.

    Attributes:
        auth_events: what happened to logins and accounts, by ``event`` and ``reason``.
        login_sessions_ended: login sessions that were ended before they expired.
        websockets_open: websockets that are accepted and not closed.
        password_hashes_waiting: passwords queued for a thread.
        password_hash_seconds: how long one hash takes, without its time in the queue.
        database_connections_in_use: connections that are used, or are about to be.
        mails_waiting: mails in the queue that are not given up, as this worker last saw it.
    """

    def __init__(self) -> None:
        """Count for this process alone."""
        self._share: Share | None = None
        self._begin()

    def share_with_workers(self, folder: Path | None) -> None:
        """If this process is one of the workers of a server, keep counts where they are added up.

        Call it before anything is counted. It decides for the whole process where metrics keep their values.

        Arguments:
            folder: below it the workers of a server share a folder; None is one of this user in the system's
                temporary folder.

        Raises:
            PermissionError: other users can write to it.
        """
        self._share = share_of_this_process(folder)
        if self._share is not None:
            self._begin()

    def _begin(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._counted: dict[tuple[str, str, int | None], tuple[Counter, Histogram]] = {}
        self._requests = Counter(
            "http_requests",
            "Requests, by route and class of status; websockets are there once they are closed.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._request_seconds = Histogram(
            "http_request_duration_seconds",
            "From the first byte of a request to the last one of its answer.",
            ("method", "route"),
            registry=registry,
        )
        self.auth_events = Counter(
            "auth_events", "What happened to logins and accounts.", ("event", "reason"), registry=registry
        )
        self.login_sessions_ended = Counter(
            "login_sessions_ended", "Login sessions ended before their time.", registry=registry
        )
        self.websockets_open = Gauge(
            "websockets_open", "Websockets that are open.", registry=registry, multiprocess_mode="livesum"
        )
        self.password_hashes_waiting = Gauge(
            "password_hashes_waiting",
            "Passwords waiting for a thread to be hashed.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.password_hash_seconds = Histogram(
            "password_hash_duration_seconds",
            "How long it takes to hash one password, without waiting.",
            buckets=_HASH_BUCKETS,
            registry=registry,
        )
        self.database_connections_in_use = Gauge(
            "database_connections_in_use",
            "Connections that are used, of those in the pool.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.mails_waiting = Gauge(
            "mails_waiting",
            "Mails that wait to be sent, of all workers and hosts.",
            registry=registry,
            multiprocess_mode="livemostrecent",
        )

    def count_request(self, method: str, route: str | None, status: int | None, seconds: float) -> None:
        """Count a request that has ended.

        Arguments:
            method: as sent, or WEBSOCKET.
            route: the rule; None if there is none for the path.
            status: None if the client went away before it was answered.
            seconds: how long it took; ignored for websockets, which stay open for any time.
        """
        method = method if method in _METHODS else "other"
        route = route or "none"
        key = (method, route, status)
        counted = self._counted.get(key)
        if counted is None:  # there are as many as routes, methods and codes of status: none is made up by a client
            requests = self._requests.labels(method, route, "none" if status is None else f"{status // 100}xx")
            counted = self._counted[key] = requests, self._request_seconds.labels(method, route)
        counted[0].inc()
        if status != _SWITCHED:
            counted[1].observe(seconds)

    def count_event(self, event: str, *, reason: str = "", ended: int = 0) -> None:
        """Count an event of a login or an account, and the login sessions that it ended."""
        self.auth_events.labels(event, reason).inc()
        if ended:
            self.login_sessions_ended.inc(ended)

    def as_text(self) -> bytes:
        """All metrics in Prometheus' text format. With several workers it reads files: call it in a thread."""
        return generate_latest(self._registry if self._share is None else self._share.collected())


current_metrics = Extension[Metrics]("quart_app.metrics")
"""The metrics of the application that is running now."""
