"""Serves the application with Hypercorn, and replaces workers that end: ``python -m quart_app.serve``.

When one of Hypercorn's own workers is killed, all of Hypercorn ends, with exit status 0. So here each worker is a
Hypercorn with one process, and a supervisor that does nothing else watches them.

================  ==========================================================
``supervisor``    starts, replaces and stops the workers
``start_worker``  the command of a worker: settings first, then sockets and everything else
``worker``        the process of one Hypercorn
``warm_up``       slow work that a worker does beside its first requests
``lifeline``      the socket between them: signs of life, and the listening sockets
``unix_sockets``  whether another server listens at a path
================  ==========================================================
"""
