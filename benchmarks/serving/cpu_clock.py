"""The CPU time that a process has used, to the nanosecond.

``/proc/PID/stat`` has it in ticks of ten milliseconds, in which a short turn on a slow machine serves a page or two.
"""

from __future__ import annotations

import time

_SCHEDULER = 2  # CPUCLOCK_SCHED of Linux: user and system time together


def cpu_seconds(pid: int) -> float:
    """Seconds of all threads of a process so far, of those that have ended, too; 0 for a process that is gone.

    The clock is that of ``clock_getcpuclockid(3)``, which Python does not offer for processes: on Linux its number is
    the complement of the process id above three bits for the kind.
    """
    try:
        return time.clock_gettime((~pid << 3) | _SCHEDULER)
    except OSError:
        return 0.0
