"""The core of quart_app once more, as its authors would write it for Flask: the synchronous side of the comparison.

Flask, Flask-Login 0.6.3, Flask-WTF, synchronous SQLAlchemy, a thread for each request. The models, templates, style
sheet, settings, keys, cookies and database are those of quart_app, so a login on one is a login on the other. It has:
register, log in, be remembered, log out, re-authenticate, the home page, the account page, a page for fresh logins
(change the password), and the current user as JSON.

=============  ==================================================================
``factory``    puts the application together
``database``   the engine, and one session for each request
``sessions``   login sessions as rows
``users``      finding, adding and checking users
``login``      who is logged in
``forms``      quart_app's fields in forms of Flask-WTF
``accounts``   the pages to register, log in and out
``account``    the pages of one's own account
``pages``      the home page, and who one is
``answers``    what all answers have in common, and the pages for errors
=============  ==================================================================
"""

from .factory import create_app as create_app
