"""Serving the application with Hypercorn, and keeping it served: ``python -m quart_app.serve``.

Hypercorn starts no other worker when one is killed: it ends entirely, with exit status 0. So here the workers are
Hypercorns of their own, and something that does nothing else watches over them.

==============  ==========================================================
``supervisor``  as many workers as are wanted, whatever happens to one
``worker``      one Hypercorn, in a process of its own
``warm_up``     what it does before it serves
``lifeline``    how the two know of each other's end
==============  ==========================================================
"""
