"""quart_app beside its Flask twin: the same visitors at both, over real servers, and every difference is a fault.

    python -m benchmarks.comparison [--histories 60] [--seed 1] [--library]

Read in this order: ``worlds`` (two databases, each served by both applications), ``steps`` and ``visits`` (what a
visitor does), ``deviations`` (the documented ones, each by name), ``observe`` (what is compared), ``stories`` and
``histories`` (what happens), ``check`` (all of it). ``--library`` runs ``tests/parity`` as well: Flask-Login beside
compat. ``steps``, ``deviations``, ``differences``, ``cookies`` and ``signing`` serve ``tests/parity``, too.
"""
