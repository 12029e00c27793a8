"""The application that cookiecutter-flask generates: its tests fill in and send forms with WebTest."""

from __future__ import annotations

from tests.port.public.application import Application, Edit
from tests.port.public.sources import Checkout

_WEBTEST = "WebTest speaks WSGI"
_DIGEST = "from flask_static_digest import FlaskStaticDigest\n"
_DIGEST_ON_QUART = """\
import flask_static_digest
import quart
from flask_static_digest import FlaskStaticDigest

flask_static_digest.request = quart.request
flask_static_digest.flask_url_for = quart.url_for
"""

APPLICATIONS = {
    "cookiecutter-flask": Application(
        title="cookiecutter-flask's application",
        source=Checkout(
            "https://github.com/cookiecutter-flask/cookiecutter-flask",
            "e5666c23a633b5b6fcb0dc2cfda2441d7f885727",
            template={"app_name": "example", "project_name": "Example", "project_short_description": "An example",
                      "full_name": "Susan", "email": "susan@example.com", "github_username": "susan",
                      "use_pipenv": "False", "use_heroku": "False", "python_version": "3.11", "node_version": "22"},
        ),
        tests="tests",
        requires=["a2wsgi==1.10.10", "cookiecutter==2.7.1", "environs==15.2.0", "factory-boy==3.3.3",
                  "Flask-Bcrypt==1.0.1", "Flask-Caching==2.5.1", "Flask-DebugToolbar==0.16.0", "Flask-Migrate==4.1.0",
                  "Flask-SQLAlchemy==3.1.1", "Flask-Static-Digest==0.4.1", "Flask-WTF==1.3.0", "email-validator",
                  "WebTest==3.0.7"],
        by_hand=[
            Edit("example/extensions.py", _DIGEST, _DIGEST_ON_QUART, "an extension that asks Flask for the request"),
            Edit("tests/conftest.py", "from webtest import TestApp\n",
                 "from a2wsgi import ASGIMiddleware\nfrom webtest import TestApp\n", _WEBTEST),
            Edit("tests/conftest.py", "    return TestApp(app)\n", "    return TestApp(ASGIMiddleware(app))\n",
                 _WEBTEST),
        ],
    ),
}  # fmt: skip
