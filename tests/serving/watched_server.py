"""The application as a worker serves it, with a thread that records what blocks the event loop.

At its end it writes, as JSON, each place that blocked for longer than 50 ms, and the modules that were imported while
it served. ``test_no_blocking`` runs it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
import threading
import time
from collections import Counter, deque
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from hypercorn.asyncio import serve
from hypercorn.config import Config

from quart_app import create_app
from quart_app.serve.warm_up import spare_the_collector, warm_up, warm_up_while_serving

LIMIT = 0.05  # seconds
_LOOK_EVERY = 0.005  # seconds
_LOOKING = "looking"
_THROTTLED = {"throttled_time": 1e-9, "throttled_usec": 1e-6}
"""Seconds in a unit of each, in version 1 of control groups and in version 2."""
_ROOT = Path(__file__).resolve().parents[2]
_OURS = (str(_ROOT / "quart_app"), str(_ROOT / "compat"))


class _Look(NamedTuple):
    at: float
    place: str
    waited: float


class Watch(logging.Handler):
    """Collects asyncio's debug messages about slow callbacks, with the place in the code that was slow.

    asyncio only names the task, and a whole request is one task. So a thread samples the stack of the event loop's
    thread. The time for which other programs had the cores is subtracted.

    Attributes:
        slow: how long the slowest callback took at a place, by the place.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.slow: dict[str, float] = {}
        self._loop_thread = threading.get_ident()
        self._looks: deque[_Look] = deque(maxlen=2000)

    def start(self) -> None:
        """Start the sampling thread."""
        logging.getLogger("asyncio").addHandler(self)
        threading.Thread(target=self._look_again_and_again, name=_LOOKING, daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """Record where a slow callback spent most of its time; asyncio logs it right after its end."""
        if not str(record.msg).startswith("Executing"):
            return
        handle, seconds = record.args if isinstance(record.args, tuple) else (record.args, 0.0)
        assert isinstance(seconds, float)
        begin = time.monotonic() - seconds
        looks = tuple(self._looks)
        before = max((look.waited for look in looks if look.at < begin), default=0.0)
        seconds -= _seconds_without_a_core() - before
        if seconds < LIMIT:
            return
        seen = Counter(look.place for look in looks if look.at >= begin)
        place = seen.most_common(1)[0][0] if seen else str(handle)
        self.slow[place] = max(self.slow.get(place, 0.0), seconds)

    def _look_again_and_again(self) -> None:
        while True:
            frame = sys._current_frames().get(self._loop_thread)
            if frame is not None:
                self._looks.append(_Look(time.monotonic(), _place_of(frame), _seconds_without_a_core()))
            time.sleep(_LOOK_EVERY)


def _seconds_without_a_core() -> float:
    """Seconds for which the threads of this process have waited for a core so far, or for their share of one (Linux).

    The sampling thread is left out. All others count: a thread with the GIL but no core delays the event loop, too.
    """
    nanoseconds = 0
    looking = {str(thread.native_id) for thread in threading.enumerate() if thread.name == _LOOKING}
    for file in Path("/proc/self/task").glob("*/schedstat"):
        if file.parent.name in looking:
            continue
        with suppress(OSError):  # the thread has just ended
            nanoseconds += int(file.read_text().split()[1])
    return nanoseconds / 1e9 + _seconds_over_quota()


def _seconds_over_quota() -> float:
    """Seconds for which the control group of this process had used up its CPU time; 0 where it has no limit."""
    for file in _cpu_statistics():
        with suppress(OSError):
            for line in file.read_text().splitlines():
                name, _, number = line.partition(" ")
                if name in _THROTTLED:
                    return int(number) * _THROTTLED[name]
    return 0.0


@cache
def _cpu_statistics() -> list[Path]:
    """Where the statistics of the control group may be: in version 1, in version 2, or at the top of a container."""
    files = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers or "cpu" in controllers.split(","):
            mount = Path("/sys/fs/cgroup") / controllers
            files += [mount / path.lstrip("/") / "cpu.stat", mount / "cpu.stat"]
    return files


def _place_of(innermost: FrameType) -> str:
    """The innermost function of this project on the stack, or the innermost of all if there is none."""
    frame: FrameType | None = innermost
    while frame is not None:
        if frame.f_code.co_filename.startswith(_OURS):
            return _name_of(frame)
        frame = frame.f_back
    return _name_of(innermost)


def _name_of(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename.removeprefix(f'{_ROOT}/')}: {frame.f_code.co_qualname}"


def main() -> None:
    """Serve until SIGTERM, in asyncio's debug mode."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bind", required=True)
    parser.add_argument("--report", type=Path, required=True)
    parser.add_argument("--warm", action="store_true", help="warm up before the first request instead of beside it")
    options = parser.parse_args()

    config = Config()
    config.bind = [options.bind]
    app = create_app()
    watch = Watch()
    imported_before = set[str]()

    async def until_told() -> None:
        """Wait for SIGTERM; Hypercorn calls this once it serves."""
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        watch.start()
        if options.warm:
            warm_up(app)
        imported_before.update(sys.modules)
        warming_up = asyncio.create_task(warm_up_while_serving(app))
        await stop.wait()
        warming_up.cancel()

    with asyncio.Runner(debug=True) as runner:
        runner.get_loop().slow_callback_duration = LIMIT
        spare_the_collector()
        runner.run(serve(app, config, shutdown_trigger=until_told))
    imported = sorted(set(sys.modules) - imported_before)
    options.report.write_text(json.dumps({"slow": watch.slow, "imported": imported}))


if __name__ == "__main__":
    main()
