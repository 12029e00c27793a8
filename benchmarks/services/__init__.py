"""Servers that measurements and tests start for themselves: PostgreSQL, Redis, a free port, and a websocket client.

Nothing here knows pytest or the applications; the tests import this package, never the other way round.
"""
