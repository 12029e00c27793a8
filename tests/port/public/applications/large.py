"""Large applications whose reports are counted and judged, and which need too much around them to be run here."""

from __future__ import annotations

from tests.port.public.application import Application
from tests.port.public.sources import Checkout, Sdist

APPLICATIONS = {
    "calibre-web": Application(
        title="Calibre-Web",
        source=Sdist("calibreweb", "0.6.27", "6978e6143aedddf59d6709a060d1320159c17b7c986bec1878a6bd75f252f629", "src"),
        not_run="it has no tests of its own, and needs a library of Calibre's",
    ),
    "octoprint": Application(
        title="OctoPrint",
        source=Sdist("octoprint", "1.11.8", "ea7289b5149ecaef3dfc85aa6b53618abd96f791787a338ca3a4b3c8864fb679"),
        not_run="Tornado's WSGI container serves it, which has to be replaced first; its tests are not published",
    ),
    "powerdns-admin": Application(
        title="PowerDNS-Admin",
        source=Checkout("https://github.com/PowerDNS-Admin/PowerDNS-Admin", "742dd103e63d2e57e387e3487980c01d290e1cc2"),
        not_run="it needs C libraries for LDAP, MySQL and SAML, a build by npm, and a PowerDNS server",
    ),
    "ctfd": Application(
        title="CTFd",
        source=Checkout("https://github.com/CTFd/CTFd", "91ced62d44d3ec3142a0948ee96ed19947cfc979"),
        not_run="its API is made with Flask-RESTX, which has no counterpart, and has to be written anew first",
    ),
    "redash": Application(
        title="Redash",
        source=Checkout("https://github.com/getredash/redash", "ca79fe988d81cdac9675b412f3dfcab107bc1fbc"),
        not_run="it needs Redis, PostgreSQL and a build by npm, and its API is made with Flask-RESTful",
    ),
}
