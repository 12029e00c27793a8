"""The lifeline: a socket between the supervisor and a worker.

The worker reports through it that it serves. If it breaks because the worker has ended, the supervisor starts another
one. If it breaks because the supervisor was killed, the worker ends, so that no process keeps the port.
"""

READY = b"ready"
