"""Which applications are ported: a module for each large one, and one for several small ones.

No code of theirs is here: it is fetched when the proof is run, or read from a clone.
"""

from __future__ import annotations

from tests.port.public.application import Application

from . import anitya, cookiecutter, dash, large, microblog, small, wiki

APPLICATIONS: dict[str, Application] = {
    **small.APPLICATIONS,
    **anitya.APPLICATIONS,
    **wiki.APPLICATIONS,
    **microblog.APPLICATIONS,
    **cookiecutter.APPLICATIONS,
    **dash.APPLICATIONS,
    **large.APPLICATIONS,
}
