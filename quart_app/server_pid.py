"""The process id of the server that a worker belongs to: workers of one server add up their metrics."""

SERVER_PID = "QUART_APP_SERVER_PID"
"""The environment variable in which a worker finds the process id of the supervisor."""
