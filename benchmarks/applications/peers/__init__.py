"""The page of quart_app by the libraries that people would pick instead: each written as its documentation shows.

========================  ==================================================================
``with_fastapi_users``    FastAPI, fastapi-users: cookie transport, database strategy
``with_django``           Django, its own users and sessions; a synchronous and an async view
``with_quart_security``   Quart, quart-security and its SQLAlchemy datastore
``accounts``              the users, the posts and the database file, which all of them have
``fill``                  makes a peer's database, by the peer's own tables and hashes
========================  ==================================================================

They run in an environment of their own (``requirements.txt``, ``make peers``), because fastapi-users 15 excludes
versions that the application needs: SQLAlchemy 2.1, email-validator 2.4. So nothing here imports quart_app.

The pages have the same text, except for the CSRF token: fastapi-users has none, and Django calls its field
differently. Starlette's ``url_for`` writes whole addresses. Passwords have each library's hash at its cheapest: logging
in is not what is measured.
"""
