"""The JSON API, ``/api/v1``: register, log in and out, list and end login sessions, change and delete the account.

====================  ==========================================================
``routes``            registers the operations and the description
``blueprint``         what all its requests have in common
``users``             registration, the user's account, the password
``account_changes``   asking for another address, deleting the account
``mail_links``        new passwords and confirmed addresses, by the tokens in mails
``sessions``          logging in, listing and ending logins
``current_session``   the login of the request: show it, renew its token, log out
``index``             the addresses of all that
``schemas``           requests and responses as Pydantic models
``body``              strict reading of JSON
``preferences``       ``Prefer: handling=strict``
``idempotency``       ``Idempotency-Key`` of registrations
``headers``           the headers of requests and responses
``bare_answers``      no pages as answers to ``OPTIONS``, and no pages of redirects
``guards``            who may use an operation, beside the decorators of ``compat``
``operations``        the decorator of an operation, which also describes it
``openapi``           the description for programs (OpenAPI 3.1)
``sent_headers``      which response has which headers, for that description
``description_body``  its bytes, with an ETag and compressed
``documentation``     the same description as a page, for people
====================  ==========================================================
"""
