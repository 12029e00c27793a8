"""microblog, the whole application of the Flask Mega-Tutorial."""

from __future__ import annotations

from tests.port.public.application import Application, Edit
from tests.port.public.sources import Checkout

_BACKGROUND = """\
        raise NotImplementedError('PORT: send_async_email')
        Thread(target=send_async_email,
               args=(current_app._get_current_object(), msg)).start()
"""

APPLICATIONS = {
    "microblog": Application(
        title="microblog, of the Flask Mega-Tutorial",
        source=Checkout("https://github.com/miguelgrinberg/microblog", "a975ef64864354867c88e0ed3a17ba7d17dca752"),
        journey="test_microblog.py",
        tests="tests.py test_microblog.py",
        requires=["Flask-Babel==4.0.0", "Flask-HTTPAuth==4.8.1", "Flask-Mail==0.10.0", "Flask-Migrate==4.1.0",
                  "Flask-Moment==1.0.6", "Flask-SQLAlchemy==3.1.1", "Flask-WTF==1.3.0", "quart-flask-patch==0.3.0",
                  "elasticsearch", "email-validator", "langdetect", "PyJWT", "python-dotenv", "redis", "requests",
                  "rq"],
        by_hand=[
            Edit("app/__init__.py", "import logging\nfrom logging.handlers",
                 "import quart_flask_patch\nimport logging\nfrom logging.handlers",
                 "four extensions for Flask are kept for now, on Quart 0.22"),
            Edit("app/email.py", _BACKGROUND,
                 "        current_app.add_background_task(send_async_email, current_app._get_current_object(), msg)\n",
                 "a thread cannot run what is async now"),
        ],
    ),
}  # fmt: skip
