"""Whose worker a process is, which it cannot see itself: workers of one server add up their metrics."""

SERVER_PID = "QUART_APP_SERVER_PID"
"""The environment variable in which a worker finds the process id of the supervisor."""
