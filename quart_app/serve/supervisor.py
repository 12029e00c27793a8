"""The supervisor: starts workers, replaces those that end, reloads and stops them.

It owns the listening sockets and keeps them open while it runs. So no connection is refused while a worker is replaced:
another worker accepts it, or it waits for the new one.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import Process
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hypercorn.config import Config, Sockets

from quart_app.server_pid import SERVER_PID

from .lifeline import CHECKED, READY, send_sockets
from .unix_sockets import occupied

_PAUSE = 1.0  # seconds before another attempt, where a worker could not even start
_GRACE = 5.0  # seconds more than Hypercorn's own limits before a worker that does not end is killed


class CannotListen(Exception):
    """The listening sockets cannot be opened; the message says why."""


class StartFailed(Exception):
    """A worker ended before it served. The worker itself has printed the reason.

    Attributes:
        status: its exit status.
        is_told: whether the reason is all there is to tell: settings that cannot be used, before anything started.
    """

    def __init__(self, status: int, *, is_told: bool = False) -> None:
        super().__init__(f"A worker did not start ({_describe(status)}); its error is above.")
        self.status = status
        self.is_told = is_told


@dataclass(eq=False)
class _Worker:
    process: Process
    lifeline: socket.socket
    watch: asyncio.Task[None] | None = None

    @property
    def is_alive(self) -> bool:
        return self.process.returncode is None


class Supervisor:
    """Runs workers that share listening sockets.

    If a worker cannot start at first, the supervisor ends with its exit status. Once all have served, it does not end
    by itself: a worker that ends is replaced, with as many attempts as it takes.

    Arguments:
        file: Hypercorn's configuration, which each worker reads for itself when it starts.
        config: the same, as read by this process.
        workers: the number of workers.
    """

    def __init__(self, file: Path, config: Config, workers: int) -> None:
        self._config = config
        self._wanted = workers
        self._sockets: Sockets | None = None  # opened when the first worker has found that its settings can be used
        self._command = [
            *(sys.executable, "-m", "quart_app.serve.start_worker", "--config", str(file)),
            *(f"--listens-at={address}" for address in config.bind),
        ]
        self._alive: set[_Worker] = set()  # those that start and those that leave included
        self._serving: list[_Worker] = []
        self._changed = asyncio.Event()
        self._is_reload_wanted = False

    async def run(self) -> int:
        """Keep the workers running until SIGTERM or SIGINT; return the exit status.

        Raises:
            CannotListen: an address cannot be listened at.
        """
        loop = asyncio.get_running_loop()
        work = asyncio.create_task(self._keep_serving())
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, work.cancel)
        loop.add_signal_handler(signal.SIGHUP, self._ask_for_reload)
        try:
            await work
        except StartFailed as failure:
            if not failure.is_told:
                await self._config.log.critical("%s", failure)
            return failure.status if failure.status > 0 else 1
        except asyncio.CancelledError:
            return 0
        finally:
            await self._end()
        return 0

    async def _keep_serving(self) -> None:
        while len(self._serving) < self._wanted:
            self._serving.append(await self._start_first())
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._is_reload_wanted:
                self._is_reload_wanted = False
                await self._reload()
            for dead in [worker for worker in self._serving if not worker.is_alive]:
                self._serving.remove(dead)
                status = dead.process.returncode or 0
                await self._config.log.warning(
                    "Worker %s ended (%s); starting another one.", dead.process.pid, _describe(status)
                )
                self._serving.append(await self._start_again())

    async def _start(self) -> _Worker:
        """Start a worker and wait until it serves."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                f"--lifeline={theirs.fileno()}",
                env={**os.environ, SERVER_PID: str(os.getpid())},
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl+C is for us: we tell the workers
            )
        worker = _Worker(process, ours)
        self._alive.add(worker)
        loop = asyncio.get_running_loop()
        if not await loop.sock_recv(ours, len(CHECKED)):
            await self._watch(worker)
            raise StartFailed(process.returncode or 0, is_told=process.returncode == 1)
        if self._sockets is None:
            self._sockets = _open_sockets(self._config)
        with suppress(BrokenPipeError):  # it has just ended
            send_sockets(ours, self._sockets.secure_sockets, self._sockets.insecure_sockets)
        if not await loop.sock_recv(ours, len(READY)):
            await self._watch(worker)
            raise StartFailed(process.returncode or 0)
        worker.watch = asyncio.create_task(self._watch(worker))
        return worker

    async def _start_first(self) -> _Worker:
        """Start one of the first workers; if that fails, the supervisor ends with its error."""
        try:
            return await self._start()
        except StartFailed as failure:
            if failure.status >= 0:
                raise
            await self._config.log.warning("%s Trying again.", failure)
            return await self._start_again()

    async def _start_again(self) -> _Worker:
        """Start a worker in place of one that ended, with as many attempts as it takes."""
        while True:
            try:
                return await self._start()
            except StartFailed as failure:
                await self._config.log.warning("%s Trying again.", failure)
                await asyncio.sleep(_PAUSE)

    async def _watch(self, worker: _Worker) -> None:
        await worker.process.wait()
        worker.lifeline.close()
        self._alive.discard(worker)
        self._changed.set()

    def _ask_for_reload(self) -> None:
        self._is_reload_wanted = True
        self._changed.set()

    async def _reload(self) -> None:
        """Replace each worker: start a new one, and stop the old one when the new one serves."""
        for old in tuple(self._serving):
            try:
                new = await self._start()
            except StartFailed as failure:
                await self._config.log.warning(
                    "%s Reload failed: the old workers keep serving. Correct the error and send SIGHUP again.", failure
                )
                return
            self._serving[self._serving.index(old)] = new
            _terminate(old)

    async def _end(self) -> None:
        """Accept no more connections, let the workers finish, and kill those that take too long."""
        if self._sockets is not None:
            for each in (*self._sockets.secure_sockets, *self._sockets.insecure_sockets):
                each.close()
        leaving = tuple(self._alive)
        for worker in leaving:
            _terminate(worker)
        limit = self._config.graceful_timeout + self._config.shutdown_timeout + _GRACE
        with suppress(TimeoutError):
            async with asyncio.timeout(limit):
                for worker in leaving:
                    await worker.process.wait()
        for worker in leaving:
            if worker.is_alive:
                worker.process.kill()


def _open_sockets(config: Config) -> Sockets:
    if (address := occupied(config.bind)) is not None:
        raise CannotListen(
            f"Cannot listen at {address}: another server does. Stop it, or choose another path with --bind."
        )
    config.workers = 1  # with more, Hypercorn lets any other program of ours listen at the same port
    try:
        return config.create_sockets()
    except OSError as error:
        raise CannotListen(f"Cannot listen at {', '.join(config.bind)}: {error}") from error


def _terminate(worker: _Worker) -> None:
    with suppress(ProcessLookupError):
        worker.process.terminate()


def _describe(status: int) -> str:
    return f"exit status {status}" if status >= 0 else f"killed by {signal.Signals(-status).name}"
