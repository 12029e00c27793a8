"""quart_app beside its Flask twin: the same visitors at both, over real servers, and every difference is a fault.

    python -m benchmarks.comparison [--histories 60] [--seed 1] [--library]

Read in this order: ``worlds`` (two databases, each served by both applications), ``steps`` (what a visitor does),
``observe`` (what is compared, and the documented deviations, each by name), ``stories`` and ``histories`` (what
happens), ``check`` (all of it). ``--library`` runs ``tests/parity`` as well: Flask-Login beside compat.
"""
