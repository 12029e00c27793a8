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

from .lifeline import READY

_PAUSE = 1.0  # seconds before another attempt, where a worker could not even start
_GRACE = 5.0  # seconds more than Hypercorn's own limits before a worker that does not end is killed


class StartFailed(Exception):
    """A worker ended before it served. The worker itself has printed the reason.

    Attributes:
        status: its exit status.
    """

    def __init__(self, status: int) -> None:
        super().__init__(f"A worker did not start ({_describe(status)}); its error is above.")
        self.status = status


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
        sockets: the listening sockets, already bound.
        workers: the number of workers.
    """

    def __init__(self, file: Path, config: Config, sockets: Sockets, workers: int) -> None:
        self._config = config
        self._wanted = workers
        self._sockets = [*sockets.secure_sockets, *sockets.insecure_sockets]
        secure, insecure = (
            [f"fd://{each.fileno()}" for each in group] for group in (sockets.secure_sockets, sockets.insecure_sockets)
        )
        bind, insecure_bind = (secure, insecure) if config.ssl_enabled else (insecure, [])
        self._command = [
            *(sys.executable, "-m", "quart_app.serve.start_worker", "--config", str(file)),
            *(f"--bind={address}" for address in bind),
            *(f"--insecure-bind={address}" for address in insecure_bind),
        ]
        self._alive: set[_Worker] = set()  # those that start and those that leave included
        self._serving: list[_Worker] = []
        self._changed = asyncio.Event()
        self._is_reload_wanted = False

    async def run(self) -> int:
        """Keep the workers running until SIGTERM or SIGINT; return the exit status."""
        loop = asyncio.get_running_loop()
        work = asyncio.create_task(self._keep_serving())
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, work.cancel)
        loop.add_signal_handler(signal.SIGHUP, self._ask_for_reload)
        try:
            await work
        except StartFailed as failure:
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
                pass_fds=[theirs.fileno(), *(each.fileno() for each in self._sockets)],
                start_new_session=True,  # Ctrl+C is for us: we tell the workers
            )
        worker = _Worker(process, ours)
        self._alive.add(worker)
        if not await asyncio.get_running_loop().sock_recv(ours, len(READY)):
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
        for each in self._sockets:
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


def _terminate(worker: _Worker) -> None:
    with suppress(ProcessLookupError):
        worker.process.terminate()


def _describe(status: int) -> str:
    return f"exit status {status}" if status >= 0 else f"killed by {signal.Signals(-status).name}"
