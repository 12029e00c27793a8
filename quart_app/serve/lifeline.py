"""The lifeline: a socket between the supervisor and a worker.

Through it the worker says that it serves. When it breaks because the worker has gone, the supervisor starts another
one; when it breaks because the supervisor has gone without a word, the worker ends: nobody is left to hold the port.
"""

READY = b"ready"
