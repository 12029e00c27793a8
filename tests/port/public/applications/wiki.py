"""An Otter Wiki: its application is made at the top of a module."""

from __future__ import annotations

from tests.port.public.application import Application, Edit
from tests.port.public.sources import Sdist

APPLICATIONS = {
    "wiki": Application(
        title="An Otter Wiki",
        source=Sdist("otterwiki", "2.26.1", "a67fcc30f7a2e50f3569b30ad7d0c87b641b38cd9a3eb71c969161fe8930a34f"),
        parts=["otterwiki", "pyproject.toml"],
        journey="test_wiki.py",
        tests="test_wiki.py",
        requires=["Flask-SQLAlchemy==3.1.1", "Flask-Mail==0.10.0", "Flask-WTF==1.3.0", "quart-wtforms==1.0.3",
                  "gitpython", "mistune==3.3.3", "pygments", "Pillow", "PyYAML", "unidiff", "beautifulsoup4", "pluggy",
                  "regex", "feedgen", "lxml"],
        by_hand=[
            Edit("otterwiki/server.py",
                 "@app.before_serving\nasync def prepare():\n    db.create_all()\n"
                 "# PORT: update_app_config(): it has to be awaited, but only a function can await. "
                 "Await it in an async function that comes before, and pass on the result\n"
                 "raise NotImplementedError('PORT: update_app_config()')\nupdate_app_config()\n",
                 "import asyncio\n\n\nasync def prepare():\n    async with app.app_context():\n"
                 "        db.create_all()\n    await update_app_config()\n\n\nasyncio.run(prepare())\n",
                 "what is done at the top of a module, and awaits"),
        ],
    ),
}  # fmt: skip
