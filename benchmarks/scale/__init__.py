"""Several workers on PostgreSQL and Redis, and how many ten million users would need: ``python -m benchmarks.scale``.

``measure``    what a page, a login, a websocket and a look-up cost, and what one, two and four workers serve
``pages``      the page by where its user is, and by the number of workers
``logins``     logins and hashes
``sockets``    websockets, and the messages between workers
``look_ups``   look-ups of users, without a server
``figures``    what was measured, to and from JSON
``model``      what so many users need, computed from the costs
``report``     tables of both, as docs/scale.md shows them
"""
